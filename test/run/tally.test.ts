import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { expect, test } from 'vitest';
import { readReport } from './tally.ts';

const numbers = { numTotalTests: 3, numPassedTests: 1, numFailedTests: 1, numPendingTests: 1, numTodoTests: 0 };

function read(report: unknown) {
  using folder = makeTemporaryFolder('tally');
  const path = join(folder.path, 'report.json');
  writeFileSync(path, typeof report === 'string' ? report : JSON.stringify(report));
  return readReport(path);
}

test('a test that failed is named with the beginning of each of its messages', () => {
  const stack = Array.from({ length: 40 }, (_, row) => `at row ${row}`);
  const testResults = [
    {
      name: join(process.cwd(), 'test/hostile/burst.test.ts'),
      status: 'failed',
      assertionResults: [
        { status: 'passed', fullName: 'one', failureMessages: [] },
        { status: 'failed', fullName: 'two', failureMessages: [['expected 1 to be 2', ...stack].join('\n'), 'again'] },
      ],
    },
  ];
  const report = read({ ...numbers, testResults });
  expect(report?.tally).toEqual({ passed: 1, failed: 1, skipped: 1 });
  expect(report?.failed).toHaveLength(1);
  expect(report?.failed[0]).toMatch(/^test\/hostile\/burst\.test\.ts > two\n {2}expected 1 to be 2\n {2}at row 0\n/);
  expect(report?.failed[0]).toMatch(/\n {2}again$/);
  expect(report?.failed[0]).not.toContain('at row 20');
});

test('a file that cannot be loaded is named with its message', () => {
  const testResults = [{ name: join(process.cwd(), 'a.test.ts'), status: 'failed', message: 'no such module', assertionResults: [] }];
  expect(read({ ...numbers, testResults })?.failed).toEqual(['a.test.ts\n  no such module']);
});

test.each(['', '{}', '[]', 'null'])('%j is no report', (text) => {
  expect(read(text)).toBeUndefined();
});
