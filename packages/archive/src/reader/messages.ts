import type { ArchiveBudget, ArchiveReport } from '../port.ts';

/** What the parent says before the bytes. */
export interface Request {
  readonly name?: string;
  readonly budget: ArchiveBudget;
}

/** What the reader answers. */
export interface Answer {
  readonly report: ArchiveReport;
  /** CPU time of the process so far. */
  readonly cpuMs: number;
}

/** Reads a request. Both ends are the same program, so its shape is checked only as far as a mix-up of frames would show. */
export function readRequest(bytes: Buffer): Request {
  const value: unknown = JSON.parse(bytes.toString());
  if (!isRequest(value)) throw new TypeError('not a request');
  return value;
}

/** Reads an answer. */
export function readAnswer(bytes: Buffer): Answer {
  const value: unknown = JSON.parse(bytes.toString());
  if (!isAnswer(value)) throw new TypeError('not an answer');
  return value;
}

function isRequest(value: unknown): value is Request {
  return typeof value === 'object' && value !== null && 'budget' in value && typeof value.budget === 'object';
}

function isAnswer(value: unknown): value is Answer {
  if (typeof value !== 'object' || value === null || !('report' in value) || !('cpuMs' in value)) return false;
  const { report, cpuMs } = value;
  if (typeof report !== 'object' || report === null || typeof cpuMs !== 'number') return false;
  return 'members' in report && Array.isArray(report.members) && 'problems' in report && Array.isArray(report.problems);
}
