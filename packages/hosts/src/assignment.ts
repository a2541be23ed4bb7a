import { findHost, type Host, hostId } from './host.ts';
import type { Letter } from './letter.ts';

/** Which secondary serves the domains of a letter. */
export type SecondaryOf = Readonly<Record<Letter, 'a' | 'b' | 'c'>>;

/**
 * Ours: no secondary filters harder than the policy its domain chose, and c20 only makes the sender come back to the primary. The
 * secondary of d is b20.
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
