import { expect, test } from 'vitest';
import { SUITES } from '../setup/suites.ts';
import { parseFlags } from './flags.ts';

const ALL = ['check', ...SUITES.map((suite) => suite.name)];

test.each([
  [[], { only: ALL, mayInstall: true }],
  [['--no-install'], { only: ALL, mayInstall: false }],
  [['--only', 'interop'], { only: ['interop'], mayInstall: true }],
  [['--only', 'interop', '--only', 'check'], { only: ['check', 'interop'], mayInstall: true }],
  [['--only', 'interop,stories'], { only: ['stories', 'interop'], mayInstall: true }],
])('%j', (args, flags) => {
  expect(parseFlags(args)).toEqual(flags);
});

test.each([[['--only']], [['--only', 'nothing']], [['--all']], [['interop']]])('%j is refused', (args) => {
  expect(parseFlags(args)).toMatchObject({ asked: false });
});

test.each([[['--help']], [['--only', 'interop', '-h']]])('%j prints the usage', (args) => {
  expect(parseFlags(args)).toMatchObject({ asked: true, text: expect.stringContaining('--no-install') });
});
