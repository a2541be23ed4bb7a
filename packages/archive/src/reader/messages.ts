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

/**
 * Reads what begins a turn. Both ends are the same program, so shapes are checked only as far as a mix-up of frames
 * would show.
 */
export function readTurn(bytes: Buffer): Turn {
  const value: unknown = JSON.parse(bytes.toString());
  if (!isTurn(value)) throw new TypeError('not a turn');
  return value;
}

/** Reads what begins a part. */
export function readPartHead(bytes: Buffer): PartHead {
  const value: unknown = JSON.parse(bytes.toString());
  if (!isPartHead(value)) throw new TypeError('not a part');
  return value;
}

/** Reads an answer. */
export function readAnswer(bytes: Buffer): Answer {
  const value: unknown = JSON.parse(bytes.toString());
  if (!isAnswer(value)) throw new TypeError('not an answer');
  return value;
}

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
