import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

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

/** What vitest's JSON reporter wrote: the numbers, and a line or more for each test or file that failed. */
export interface Report {
  readonly tally: Tally;
  readonly failed: readonly string[];
}

/** Reads the file of vitest's JSON reporter; undefined when there is none, or when it is something else. */
export function readReport(path: string): Report | undefined {
  try {
    const report: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const tally = tallyOf(report);
    return tally === undefined ? undefined : { tally, failed: failedOf(report) };
  } catch {
    return undefined;
  }
}

function tallyOf(report: unknown): Tally | undefined {
  const numbers = fieldsOf(report);
  const read = (name: string) => {
    const value = numbers.get(name);
    return typeof value === 'number' ? value : 0;
  };
  if (typeof numbers.get('numTotalTests') !== 'number') return undefined;
  return { passed: read('numPassedTests'), failed: read('numFailedTests'), skipped: read('numPendingTests') + read('numTodoTests') };
}

/** The end of a long run is what is seen first, and often all that is kept: it says which tests failed and how. */
function failedOf(report: unknown): readonly string[] {
  return listOf(report, 'testResults').flatMap((file) => {
    const failed = listOf(file, 'assertionResults').filter((test) => fieldsOf(test).get('status') === 'failed');
    const path = relative(process.cwd(), textOf(file, 'name'));
    if (failed.length === 0 && textOf(file, 'status') === 'failed') return [`${path}\n${beginningOf(textOf(file, 'message'))}`];
    return failed.map((test) => {
      const messages = listOf(test, 'failureMessages').filter((message) => typeof message === 'string');
      return [`${path} > ${textOf(test, 'fullName')}`, ...messages.map(beginningOf)].join('\n');
    });
  });
}

const MESSAGE_LINES = 12;
const MESSAGE_CHARACTERS = 1500;

const beginningOf = (message: string) =>
  message
    .split('\n')
    // Where the libraries were says nothing.
    .filter((line) => !/^\s+at .*(?:\/node_modules\/|node:internal)/u.test(line))
    .slice(0, MESSAGE_LINES)
    .map((line) => `  ${line}`)
    .join('\n')
    .slice(0, MESSAGE_CHARACTERS);

const fieldsOf = (value: unknown) => new Map<string, unknown>(typeof value === 'object' && value !== null ? Object.entries(value) : []);

function listOf(value: unknown, name: string): readonly unknown[] {
  const list = fieldsOf(value).get(name);
  return Array.isArray(list) ? list : [];
}

function textOf(value: unknown, name: string): string {
  const text = fieldsOf(value).get(name);
  return typeof text === 'string' ? text : '';
}

/** The run's last line. */
export function formatTally(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`;
}
