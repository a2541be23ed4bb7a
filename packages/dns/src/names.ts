import { INVALID_NAME_TTL_SECONDS, LABEL_MAX, NAME_MAX } from './limits.ts';

/**
 * Printable ASCII without the backslash, which begins an escape: a name in A-labels has nothing else (RFC 5890 §2.3.1). Spaces are what SPF's
 * `%_` asks for (RFC 7208 §7.1), and DNS has nothing against them (RFC 2181 §11).
 */
const PRINTABLE = /^[\u0020-\u005b\u005d-\u007e]*$/u;

/**
 * A name as we compare it: lower case, no final dot; the root is the empty string. Undefined when it is no domain name: an empty or
 * overlong label, more than 253 octets, a backslash, or anything but printable ASCII.
 */
export function normaliseName(written: string): string | undefined {
  if (written === '.' || written === '') return '';
  const name = withoutFinalDot(written).toLowerCase();
  if (name.length > NAME_MAX || !PRINTABLE.test(name)) return undefined;
  return name.split('.').every((label) => label.length > 0 && label.length <= LABEL_MAX) ? name : undefined;
}

/**
 * A decoded name as we hand it on: lower case, no final dot, the root empty. Backslashes and octets that are not printable ASCII are written as in a
 * master file, `\DDD` (RFC 1035 §5.1): the zone of a stranger must not put line breaks or invisible characters into logs and headers.
 */
export function wireName(decoded: string): string {
  return withoutFinalDot(decoded)
    .toLowerCase()
    .replace(/[^\u0020-\u005b\u005d-\u007e]/gu, escapeCharacter);
}

function withoutFinalDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

function escapeCharacter(character: string): string {
  return [...Buffer.from(character)].map((octet) => `\\${String(octet).padStart(3, '0')}`).join('');
}

/**
 * The answer for something that is no domain name (RFC 1035 §2.3.4). Such a name cannot exist, so NXDOMAIN is the truth, and no server
 * has to be asked. A fault would be wrong: it says "try later", and later would be no different.
 */
export const noSuchName = { kind: 'nxdomain', ttlSeconds: INVALID_NAME_TTL_SECONDS, authentic: false } as const;
