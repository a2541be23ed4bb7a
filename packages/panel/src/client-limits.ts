import { isIP } from 'node:net';

/** How much one client may ask. */
export interface Allowance {
  /** At once. */
  readonly burst: number;
  /** From then on. */
  readonly perSecond: number;
}

/** Clients that are told apart; of more, those that were seen longest ago begin anew. */
const CLIENTS_MAX = 20_000;

/**
 * Takes one from what a client has left: gives 0, or the whole seconds until there is one again. Clients are told apart by address, and in IPv6 by the first
 * 64 bits, of which a subscriber has all the rest. `now` is in milliseconds.
 */
export function createClientLimit({ burst, perSecond }: Allowance): (address: string | undefined, now: number) => number {
  const left = new Map<string, { readonly tokens: number; readonly at: number }>();
  return (address, now) => {
    const client = clientOf(address);
    const known = left.get(client) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, known.tokens + ((now - known.at) / 1_000) * perSecond);
    left.delete(client);
    left.set(client, { tokens: tokens < 1 ? tokens : tokens - 1, at: now });
    if (left.size > CLIENTS_MAX) left.delete(left.keys().next().value ?? '');
    return tokens < 1 ? Math.ceil((1 - tokens) / perSecond) : 0;
  };
}

/** Of addresses that stand for IPv4. */
const MAPPED = `${'0'.repeat(20)}ffff`;

/** Whatever is no address is one client: a proxy may hand on what a stranger wrote, and a connection that was reset has none. */
function clientOf(address: string | undefined): string {
  const [plain = ''] = (address ?? '').split('%');
  if (isIP(plain) === 0) return '';
  // RFC 4291 §2.5.5.2.
  const mapped = /^::ffff:([\d.]+)$/iu.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIP(plain) === 4) return plain;
  const digits = digitsOfIPv6(plain) ?? plain;
  // The same, written as hexadecimal digits.
  return digits.startsWith(MAPPED) ? digits : digits.slice(0, 16);
}

/** The 32 digits of an address (RFC 4291 §2.2); undefined when it is none. */
export function digitsOfIPv6(address: string): string | undefined {
  const [head = '', tail, ...more] = address.toLowerCase().split('::');
  const groupsOf = (part: string) => (part === '' ? [] : part.split(':'));
  const [before, after] = [groupsOf(head), groupsOf(tail ?? '')];
  const missing = 8 - before.length - after.length;
  if (more.length > 0 || (tail === undefined ? missing !== 0 : missing < 1)) return undefined;
  return [...before, ...Array.from({ length: missing }, () => '0'), ...after].map((group) => group.padStart(4, '0')).join('');
}
