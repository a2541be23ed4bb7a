/** The policy a domain's owner chose. */
export type Letter = 'a' | 'b' | 'c' | 'd';

/** All letters, from the mildest to the strictest. */
export const LETTERS: readonly Letter[] = ['a', 'b', 'c', 'd'];

/** What a domain has whose owner chose nothing. */
export const DEFAULT_LETTER: Letter = 'd';

/** True for a, b, c and d. */
export function isLetter(text: string): text is Letter {
  return (LETTERS as readonly string[]).includes(text);
}

/** Primary hosts are asked first; secondary hosts greylist, and one only says "later". */
export type Role = 'primary' | 'secondary';

/** Both roles. */
export const ROLES: readonly Role[] = ['primary', 'secondary'];

/**
 * One of the cluster's kinds of host: a letter and a role. A secondary's letter names its own filtering, not the
 * domains' choice.
 */
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

/** Which secondary serves the domains of a letter. */
export type SecondaryOf = Readonly<Record<Letter, 'a' | 'b' | 'c'>>;

/**
 * Ours: no secondary filters harder than the policy its domain chose, and c20 only makes the sender come back to the
 * primary. The secondary of d is b20.
 */
export const DEFAULT_SECONDARY_OF: SecondaryOf = { a: 'a', b: 'c', c: 'c', d: 'b' };

/** The hosts that a domain's MX records name, in order of preference. */
export function hostsOf(letter: Letter, secondaryOf: SecondaryOf = DEFAULT_SECONDARY_OF): readonly Host[] {
  const hosts = [findHost(letter, 'primary'), findHost(secondaryOf[letter], 'secondary')];
  return hosts.filter((host) => host !== undefined);
}

/** True when this host is named by the MX records of a domain with this letter. */
export function serves(host: Host, letter: Letter, secondaryOf: SecondaryOf = DEFAULT_SECONDARY_OF): boolean {
  return hostsOf(letter, secondaryOf).some((one) => hostId(one) === hostId(host));
}
