import type { ArchiveBudget, ArchiveReport, Spending } from '../port.ts';

/** What the parent says before the parts of a turn. */
export interface Turn {
  readonly budget: ArchiveBudget;
  /** In the turns before it, for parts of the same message. */
  readonly before: Spending;
}

/** What the parent says before the bytes of a part. */
export interface PartHead {
  readonly names?: readonly string[];
}

/** What the reader answers to each part, before it takes the next. */
export interface Answer {
  readonly report: ArchiveReport;
  /** By the parts of the message up to this one. */
  readonly spent: Spending;
  /** It was read as an archive. */
  readonly opened: boolean;
  /** CPU time of the process so far. */
  readonly cpuMs: number;
}

/** What parent and reader say to each other in frames of JSON. */
interface Messages {
  turn: Turn;
  part: PartHead;
  answer: Answer;
}

/**
 * Reads a message of a kind. Both ends are the same program, so shapes are checked only as far as a mix-up of frames
 * would show. @throws SyntaxError, TypeError
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
