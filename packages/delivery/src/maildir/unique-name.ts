import { randomBytes } from 'node:crypto';

/** Makes the name of a message of `sizeBytes` octets. */
export type NameMessage = (sizeBytes: number) => string;

/** Where names come from. */
export interface UniqueNameOptions {
  readonly hostName: string;
  readonly now: () => Date;
  /** The part that makes names unique within a second; default `P<pid>Q<counter>_<random>`. */
  readonly uniqueId?: () => string;
}

const RANDOM_BYTES = 8;

/**
 * Names as Maildir wants them: `seconds.M<microseconds><unique>.<host>,S=<size>,W=<size>`. `S` is the size of the file, `W` its size with
 * CRLF line ends; ours are the same, since lines end in CRLF on disk. With them nobody needs to open a file to count a quota.
 */
export function createMessageNames({ hostName, now, uniqueId = countedId() }: UniqueNameOptions): NameMessage {
  // The two characters that Maildir reserves, in the escapes it gives them; a comma would begin a size.
  const host = hostName.replaceAll('/', '\\057').replaceAll(':', '\\072').replaceAll(',', '\\054');
  return (sizeBytes) => {
    const ms = now().getTime();
    const seconds = Math.floor(ms / 1000);
    return `${seconds}.M${(ms - seconds * 1000) * 1000}${uniqueId()}.${host},S=${sizeBytes},W=${sizeBytes}`;
  };
}

function countedId(): () => string {
  let counter = 0;
  return () => {
    counter += 1;
    return `P${process.pid}Q${counter}_${randomBytes(RANDOM_BYTES).toString('hex')}`;
  };
}

/** The size that a message's name tells, if it does. */
export function sizeInName(name: string): number | undefined {
  const digits = /,S=(\d{1,15})(?=[,:]|$)/u.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
