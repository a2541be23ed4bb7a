import { expect, test } from 'vitest';
import { type Scanner, startScanner } from './scanners.ts';

const NEVER = new AbortController().signal;
const RSPAMD: Scanner = {
  name: 'rspamd',
  at: 'http://127.0.0.1:1',
  without: 'mail waits',
  answers: async () => false,
  here: true,
  start: () => Promise.reject(new Error('rspamd ended while it started\nfirst\ncannot bind\n\n')),
};

test.each<[string, Partial<Scanner>, string]>([
  ['no address', { at: undefined }, 'rspamd: the site file names none; mail waits'],
  ['one is there', { answers: async () => true }, 'rspamd: one answers at http://127.0.0.1:1 already, and is used'],
  [
    'somewhere else',
    { here: false, at: 'http://192.0.2.1:1' },
    'rspamd: nobody answers at http://192.0.2.1:1, which is not on this machine; mail waits',
  ],
])('%s', async (_what, change, note) => {
  expect(await startScanner({ ...RSPAMD, ...change }, () => undefined, NEVER)).toEqual({ note });
});

test('one that does not start, or is not installed, is said in one line', async () => {
  const { note } = await startScanner(RSPAMD, () => undefined, NEVER);
  expect(note).toMatch(
    /^rspamd: (?:it could not be started \(rspamd ended while it started: cannot bind\)|it is not installed); mail waits$/u,
  );
});
