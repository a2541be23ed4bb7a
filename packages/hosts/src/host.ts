import type { Letter } from './letter.ts';

/** Primary hosts are asked first; secondary hosts greylist, and one only says "later". */
export type Role = 'primary' | 'secondary';

/** Both roles. */
export const ROLES: readonly Role[] = ['primary', 'secondary'];

/** One of the cluster's kinds of host: a letter and a role. A secondary's letter names its own filtering, not the domains' choice. */
export type Host = { readonly role: 'primary'; readonly letter: Letter } | { readonly role: 'secondary'; readonly letter: 'a' | 'b' | 'c' };

/** All seven, in the order of the tables. */
export const HOSTS: readonly Host[] = [
  { role: 'primary', letter: 'a' },
  { role: 'primary', letter: 'b' },
  { role: 'primary', letter: 'c' },
  { role: 'primary', letter: 'd' },
  { role: 'secondary', letter: 'a' },
  { role: 'secondary', letter: 'b' },
  { role: 'secondary', letter: 'c' },
];

/** The MX preference of a role (RFC 5321 §5.1); the last two digits of the host's name. */
export const PREFERENCE: Readonly<Record<Role, 10 | 20>> = { primary: 10, secondary: 20 };

/** The short name of a host: `d10`, `b20`. */
export function hostId(host: Host): string {
  return `${host.letter}${PREFERENCE[host.role]}`;
}

/** The host of a short name, or undefined. */
export function parseHostId(id: string): Host | undefined {
  return HOSTS.find((host) => hostId(host) === id.toLowerCase());
}

/** The host of a letter and a role; undefined for the one pair that does not exist (secondary d). */
export function findHost(letter: Letter, role: Role): Host | undefined {
  return HOSTS.find((host) => host.letter === letter && host.role === role);
}

/** The DNS name of a host: `mx1d10.thinline.example`. */
export function mxName(host: Host, cluster: { readonly name: string; readonly domain: string }): string {
  return `${cluster.name}${hostId(host)}.${cluster.domain}`;
}
