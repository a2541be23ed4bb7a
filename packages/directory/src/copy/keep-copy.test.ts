import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DirectoryFault } from '../port.ts';
import { describeAsked } from './asked.ts';
import type { CopiedState } from './copy-source.ts';
import { keepCopy } from './keep-copy.ts';

it('a source whose version cannot be read is loaded as often as one that has none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vratny-keep-'));
  const ending = new AbortController();
  // Loads take ten seconds: one that is followed by a version comes every five minutes.
  let ms = 0;
  const state: CopiedState = {
    domainRows: async function* () {
      ms += 10_000;
      yield [{ name: 'one.test' }];
    },
    addressRows: async function* () {
      yield [];
    },
    version: () => Promise.reject(new DirectoryFault('no such table: version')),
    rowsOf: async () => ({ domains: [], addresses: [] }),
  };
  let loads = 0;
  await keepCopy({
    path: join(folder, 'copy.db'),
    source: { asked: describeAsked(), snapshot: (work) => work(state) },
    now: () => new Date(0),
    clock: { id: 'this start', ms: () => ms },
    everyMs: 10,
    awayMs: 10,
    onLoad: () => {
      loads += 1;
      if (loads === 3) ending.abort();
    },
    onTrouble: () => undefined,
    signal: ending.signal,
  });
  expect(loads).toBe(3);
  rmSync(folder, { recursive: true });
});
