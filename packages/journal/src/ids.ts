import { randomBytes } from 'node:crypto';

// Crockford's base 32 in lower case: no letters that look like digits, and it sorts as the numbers do.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_CHARACTERS = 7;
const SESSION_CHARACTERS = 10;
const RECEIPT_CHARACTERS = 26;
const RECEIPT = new RegExp(`^[${ALPHABET}]{${TIME_CHARACTERS + RECEIPT_CHARACTERS}}$`, 'u');

/** Random octets for so many characters are drawn at once: a call for each identifier costs more than everything else of it. */
const POOL_OCTETS = 8192;
const pool = { octets: Buffer.alloc(0), at: 0 };

/** The identifier of a session: seconds, and 50 random bits. */
export function newSessionId(now: Date): string {
  return timeOf(now) + randomCharacters(SESSION_CHARACTERS);
}

/**
 * The identifier of a decision or of an accepted message, by which sender, owner and operator mean the same one: seconds, so that the day is known on
 * which it was made, and 130 random bits. Whoever has one learns nothing of any other, also not of the next one in its session.
 */
export function newReceipt(now: Date): string {
  return timeOf(now) + randomCharacters(RECEIPT_CHARACTERS);
}

/** A receipt as a person wrote it or read it out (any case; `o` for `0`, `i` and `l` for `1`), and when it was made; undefined when it is none. */
export function parseReceipt(written: string): { readonly id: string; readonly madeAt: Date } | undefined {
  const id = written.trim().toLowerCase().replaceAll('o', '0').replaceAll(/[il]/gu, '1');
  if (!RECEIPT.test(id)) return undefined;
  let seconds = 0;
  for (let i = 0; i < TIME_CHARACTERS; i += 1) seconds = seconds * 32 + ALPHABET.indexOf(id.charAt(i));
  return { id, madeAt: new Date(seconds * 1000) };
}

function timeOf(now: Date): string {
  let left = Math.floor(now.getTime() / 1000);
  let time = '';
  for (let i = 0; i < TIME_CHARACTERS; i += 1) {
    time = ALPHABET.charAt(left % 32) + time;
    left = Math.floor(left / 32);
  }
  return time;
}

function randomCharacters(count: number): string {
  if (pool.at + count > pool.octets.length) {
    pool.octets = randomBytes(POOL_OCTETS);
    pool.at = 0;
  }
  let random = '';
  for (const end = pool.at + count; pool.at < end; pool.at += 1) random += ALPHABET.charAt((pool.octets[pool.at] ?? 0) % 32);
  return random;
}
