import { randomBytes } from 'node:crypto';
import { HOST_IN_NAME_MAX } from '../limits.ts';

/** Makes the name of a message of `sizeBytes` octets with the key of its request. @throws Error when the key is none */
export type NameMessage = (sizeBytes: number, key: string) => string;

/** Where names come from. */
export interface UniqueNameOptions {
  readonly hostName: string;
  readonly now: () => Date;
  /** The part that makes names unique within a second; default `P<pid>Q<counter>_<random>`. */
  readonly uniqueId?: () => string;
}

const RANDOM_BYTES = 8;

/** Digits of the key in a name: 128 bits tell any two messages apart, and all 64 digits would make names too long for some hosts. */
const KEY_DIGITS = 32;

/**
 * Names as Maildir wants them: `seconds.M<microseconds><unique>K<key>.<host>,S=<size>,W=<size>`. The key is what a retry looks for, see
 * {@link hasKey}; it makes no name unique. `S` is the size of the file, `W` its size with
 * CRLF line ends; ours are the same, since lines end in CRLF on disk. With them nobody needs to open a file to count a quota.
 */
export function createMessageNames({ hostName, now, uniqueId = countedId() }: UniqueNameOptions): NameMessage {
  // The two characters that Maildir reserves, in the escapes it gives them; a comma would begin a size.
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

/** `K`, which Maildir gives no other meaning, and the dot that ends the unique part: nothing else in our names has both around digits. */
function keyMark(key: string): string {
  if (!/^[\da-f]{64}$/u.test(key)) throw new Error('the key of the message is not 64 hexadecimal digits');
  return `K${key.slice(0, KEY_DIGITS)}.`;
}

/** Whether a file was named for this key, whatever flags stand behind its name. @throws Error when the key is none */
export function hasKey(name: string, key: string): boolean {
  return withoutFlags(name).includes(keyMark(key));
}

/** The name without the flags that readers put behind it (`:2,S`): the same from `tmp` through `new` to `cur`. */
export function withoutFlags(name: string): string {
  const colon = name.indexOf(':');
  return colon === -1 ? name : name.slice(0, colon);
}

/** The size that a message's name tells, if it does. */
export function sizeInName(name: string): number | undefined {
  const digits = /,S=(\d{1,15})(?=,|$)/u.exec(withoutFlags(name))?.[1];
  return digits === undefined ? undefined : Number(digits);
}
