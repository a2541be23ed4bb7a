import { RECORD_TYPES, type RecordType } from '../record-types.ts';
import { readName } from './record-fields.ts';
import { type Entry, type Token, ZoneFileError } from './tokens.ts';
import { looksLikeTtl, parseTtl } from './ttl.ts';

/** A type that a zone file may have. */
type ZoneType = RecordType | 'CNAME' | 'SOA' | 'NS';

/** A record with its data still as words. */
export interface RecordLine {
  readonly line: number;
  readonly owner: string;
  /** Undefined when the line states none. */
  readonly ttlSeconds: number | undefined;
  readonly type: ZoneType;
  readonly data: readonly Token[];
}

const TYPES: readonly ZoneType[] = [...RECORD_TYPES, 'CNAME', 'SOA', 'NS'];

/** Reads `[owner] [TTL] [class] type data`, TTL and class in either order (RFC 1035 §5.1). Throws `ZoneFileError`. */
export function readRecordLine(entry: Entry, origin: string | undefined, lastOwner: string | undefined): RecordLine {
  const { line } = entry;
  const [first, ...others] = entry.tokens;
  const owner = entry.ownerOmitted ? lastOwner : readName(first, { line, origin });
  if (owner === undefined) throw new ZoneFileError(line, 'the first record needs an owner name at the start of the line');
  const rest = entry.ownerOmitted ? entry.tokens : others;
  let ttlSeconds: number | undefined;
  let classSeen = false;
  for (const [index, { text }] of rest.entries()) {
    const word = text.toUpperCase();
    if (ttlSeconds === undefined && looksLikeTtl(word)) {
      ttlSeconds = readTtl(text, line);
    } else if (!classSeen && word === 'IN') {
      classSeen = true;
    } else {
      return { line, owner, ttlSeconds, type: readType(word, line), data: rest.slice(index + 1) };
    }
  }
  throw new ZoneFileError(line, 'the record has no type');
}

/** A TTL in seconds. Throws `ZoneFileError`. */
export function readTtl(text: string, line: number): number {
  const seconds = parseTtl(text);
  if (seconds === undefined) throw new ZoneFileError(line, `"${text}" is no TTL (seconds, or as in 1h30m)`);
  return seconds;
}

function readType(word: string, line: number): ZoneType {
  const type = TYPES.find((candidate) => candidate === word);
  if (type !== undefined) return type;
  if (['CH', 'HS', 'CS'].includes(word)) throw new ZoneFileError(line, `class ${word} is not supported, only IN`);
  throw new ZoneFileError(line, `type "${word}" is not supported (${TYPES.join(', ')})`);
}
