/** Letters, roles, hosts, MX names, and which hosts serve which letter. Pure data. */

export type { Host, Letter, Role, SecondaryOf } from './host.ts';
export {
  DEFAULT_LETTER,
  DEFAULT_SECONDARY_OF,
  findHost,
  HOSTS,
  hostId,
  hostsOf,
  isLetter,
  LETTERS,
  mxName,
  PREFERENCE,
  parseHostId,
  ROLES,
  serves,
} from './host.ts';
