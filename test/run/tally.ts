import { readFileSync } from 'node:fs';

/** Numbers of tests. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** No test at all. */
export const NONE: Tally = { passed: 0, failed: 0, skipped: 0 };

/** The sum of two. */
export function add(one: Tally, other: Tally): Tally {
  return { passed: one.passed + other.passed, failed: one.failed + other.failed, skipped: one.skipped + other.skipped };
}

/** Reads the file of vitest's JSON reporter; undefined when there is none, or when it is something else. */
export function readReport(path: string): Tally | undefined {
  try {
    return tallyOf(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}

function tallyOf(report: unknown): Tally | undefined {
  if (typeof report !== 'object' || report === null) return undefined;
  const numbers = new Map<string, unknown>(Object.entries(report));
  const read = (name: string) => {
    const value = numbers.get(name);
    return typeof value === 'number' ? value : 0;
  };
  if (typeof numbers.get('numTotalTests') !== 'number') return undefined;
  return { passed: read('numPassedTests'), failed: read('numFailedTests'), skipped: read('numPendingTests') + read('numTodoTests') };
}

/** The run's last line. */
export function formatTally(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`;
}
