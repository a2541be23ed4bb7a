import type { ArchiveBudget, ArchiveReport, Spending } from '../port.ts';

/** Sent by the parent before the parts of a turn. */
export interface Turn {
  readonly budget: ArchiveBudget;
  /** The cost of the turns before it, for parts of the same message. */
  readonly before: Spending;
}

/** Sent by the parent before the octets of a part. */
export interface PartHead {
  readonly names?: readonly string[];
}

/** The reader's answer to each part, sent before it takes the next one. */
export interface Answer {
  readonly report: ArchiveReport;
  /** The cost of the parts up to this one. */
  readonly spent: Spending;
  /** It was read as an archive. */
  readonly opened: boolean;
  /** The process must read no other archive. */
  readonly worn?: boolean;
  /** Milliseconds of CPU time of the process so far. */
  readonly cpuMs: number;
}

/** The messages between parent and reader, in frames of JSON. */
interface Messages {
  turn: Turn;
  part: PartHead;
  answer: Answer;
}

/**
 * Reads a message of a kind. Both ends are the same program, so the shape is checked only as far as is needed to detect
 * frames out of order. @throws SyntaxError, TypeError
 */
export function readMessage<K extends keyof Messages>(kind: K, bytes: Buffer): Messages[K] {
  const value: unknown = JSON.parse(bytes.toString());
  const isOfKind: (value: unknown) => value is Messages[K] = GUARDS[kind];
  if (!isOfKind(value)) throw new TypeError(`no message of the kind ${kind}`);
  return value;
}

const GUARDS: { readonly [K in keyof Messages]: (value: unknown) => value is Messages[K] } = {
  turn: isTurn,
  part: isPartHead,
  answer: isAnswer,
};

function isTurn(value: unknown): value is Turn {
  return isObject(value) && 'budget' in value && isObject(value.budget) && 'before' in value && isObject(value.before);
}

function isPartHead(value: unknown): value is PartHead {
  return isObject(value) && !('budget' in value) && (!('names' in value) || Array.isArray(value.names));
}

function isAnswer(value: unknown): value is Answer {
  if (!isObject(value) || !('report' in value) || !('cpuMs' in value) || !('spent' in value)) return false;
  const { report, cpuMs, spent } = value;
  if (!isObject(report) || !isObject(spent) || typeof cpuMs !== 'number') return false;
  return 'members' in report && Array.isArray(report.members) && 'problems' in report && Array.isArray(report.problems);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
