/** Letters, roles, hosts, MX names, and which hosts serve which letter. Pure data. */

export type { SecondaryOf } from './assignment.ts';
export { DEFAULT_SECONDARY_OF, hostsOf, serves } from './assignment.ts';
export type { Host, Role } from './host.ts';
export { findHost, HOSTS, hostId, mxName, PREFERENCE, parseHostId, ROLES } from './host.ts';
export type { Letter } from './letter.ts';
export { DEFAULT_LETTER, isLetter, LETTERS } from './letter.ts';
