import { randomBytes } from 'node:crypto';
import { HOST_IN_NAME_MAX } from '../limits.ts';

/**
 * Makes the file name of a message of `sizeBytes` octets with the key of its request. @throws Error when the key is
 * invalid
 */
export type NameMessage = (sizeBytes: number, key: string) => string;

/** Options of {@link createMessageNames}. */
export interface UniqueNameOptions {
  readonly hostName: string;
  readonly now: () => Date;
  /** The part that makes names unique within a second; default `P<pid>Q<counter>_<random>`. */
  readonly uniqueId?: () => string;
}

const RANDOM_BYTES = 8;

/**
 * Digits of the key in a name. 128 bits distinguish any two messages; all 64 digits would make names too long for some
 * hosts.
 */
const KEY_DIGITS = 32;

/**
 * Maildir file names: `seconds.M<microseconds><unique>K<key>.<host>,S=<size>,W=<size>`. A retry searches for the key,
 * see {@link hasKey}. `S` is the size of the file, `W` its size with CRLF line ends; both are equal, since lines end in
 * CRLF on disk. With them a quota can be counted without opening files.
 */
export function createMessageNames({ hostName, now, uniqueId = countedId() }: UniqueNameOptions): NameMessage {
  // Maildir's escapes of `/` and `:`, which it reserves, and of the comma, which begins a size.
  const host = hostName.replaceAll('/', '\\057').replaceAll(':', '\\072').replaceAll(',', '\\054').slice(0, HOST_IN_NAME_MAX);
  return (sizeBytes, key) => {
    const ms = now().getTime();
    const seconds = Math.floor(ms / 1000);
    return `${seconds}.M${(ms - seconds * 1000) * 1000}${uniqueId()}${keyMark(key)}${host},S=${sizeBytes},W=${sizeBytes}`;
  };
}

function countedId(): () => string {
  let counter = 0;
  return () => {
    counter += 1;
    return `P${process.pid}Q${counter}_${randomBytes(RANDOM_BYTES).toString('hex')}`;
  };
}

/**
 * `K`, to which Maildir gives no meaning, and the dot that ends the unique part. No other part of our names has both
 * around digits.
 */
function keyMark(key: string): string {
  if (!/^[\da-f]{64}$/u.test(key)) throw new Error('the key of the message is not 64 hexadecimal digits');
  return `K${key.slice(0, KEY_DIGITS)}.`;
}

/** Whether a file name contains this key, with or without flags. @throws Error when the key is invalid */
export function hasKey(name: string, key: string): boolean {
  return withoutFlags(name).includes(keyMark(key));
}

/** The name without the flags that mail readers append (`:2,S`). It stays the same in `tmp`, `new` and `cur`. */
export function withoutFlags(name: string): string {
  const colon = name.indexOf(':');
  return colon === -1 ? name : name.slice(0, colon);
}

/** The size in a file name; undefined when it has none. */
export function sizeInName(name: string): number | undefined {
  const digits = /,S=(\d{1,15})(?=,|$)/u.exec(withoutFlags(name))?.[1];
  return digits === undefined ? undefined : Number(digits);
}
