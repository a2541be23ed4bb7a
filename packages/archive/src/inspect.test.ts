import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { bytesOf } from './bytes.ts';
import { impliedName } from './formats/implied.ts';
import { inspect } from './inspect.ts';
import { DEFAULT_BUDGET } from './limits.ts';
import { loadFixture } from './load-fixture.ts';
import { memberPath } from './member-path.ts';
import { createStore } from './store.ts';
import { installedWasm } from './wasm.ts';

const wasm = installedWasm();
const directory = mkdtempSync(join(tmpdir(), 'archive-test-'));
afterAll(() => rmSync(directory, { recursive: true }));
const options = { budget: { ...DEFAULT_BUDGET, maxUnpackedBytes: 10_000_000 }, wasm, directory, elapsedMs: () => 0 };

const NAMES = [
  'zip',
  '7z',
  'rar4',
  'rar5',
  'tar',
  'tar-gz',
  'tar-zst',
  'tar-z',
  'tar-bz2',
  'cab',
  'arj',
  'lzh',
  'cpio',
  'ar',
  'rpm',
  'xar',
  'ole',
  'wim',
];

test('mutated archives never throw, and are reported again the same', { timeout: 120_000 }, async () => {
  const fixtures = NAMES.map((name) => loadFixture(`${name}-good`));
  const edit = fc.record({ at: fc.nat(2000), value: fc.integer({ min: 0, max: 255 }) });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...fixtures), fc.array(edit, { maxLength: 4 }), fc.nat(3000), async (good, edits, cut) => {
      const bytes = Buffer.from(good.subarray(0, Math.max(20, good.length - Math.max(0, cut - 2000))));
      for (const { at, value } of edits) bytes[at % bytes.length] = value;
      const report = await inspect(bytesOf(bytes), 'a.zip', options);
      expect(await inspect(bytesOf(bytes), 'a.zip', options)).toEqual(report);
      for (const member of report.members) expect(member.parent ?? -1).toBeLessThan(report.members.length);
    }),
    { numRuns: 150 },
  );
});

test('nothing is left behind in the directory', async () => {
  await inspect(bytesOf(loadFixture('zip-deep')), 'a.zip', options);
  const store = createStore(directory);
  const draft = store.draft();
  for (let count = 0; count < 10; count += 1) expect(draft.write(Buffer.alloc(100_000, count))).toBe(true);
  const kept = draft.keep();
  expect(readdirSync(directory)).toEqual([]);
  expect([kept.sizeBytes, kept.read(99_999, 100_001)]).toEqual([1_000_000, Buffer.from([0, 1])]);
  store.close();
});

test('a dropped draft leaves its room to the next', () => {
  const store = createStore(directory);
  for (const value of [1, 2]) {
    const draft = store.draft();
    draft.write(Buffer.alloc(300_000, value));
    expect(draft.view().read(0, 1)).toEqual(Buffer.from([value]));
    draft.drop();
  }
  store.close();
});

test.each([
  ['scan.tar.gz', 'scan.tar'],
  ['scan.tgz', 'scan.tar'],
  ['run.exe.gz', 'run.exe'],
  ['run.exe.gz. ', 'run.exe'],
  ['photo', 'photo~'],
  ['photo.jpg', 'photo.jpg~'],
  ['.gz', '.gz~'],
  [undefined, 'content~'],
])('%j holds %j', (outer, inner) => {
  expect(impliedName(outer, ['gz', 'tgz'])).toBe(inner);
});

test('paths leave implied members out, except at their end', () => {
  const plain = { directory: false, encrypted: false, locked: false, implied: false, kinds: [] };
  const members = [
    { ...plain, name: 'scan.tar.gz' },
    { ...plain, name: 'scan.tar', parent: 0, implied: true },
    { ...plain, name: 'run.exe', parent: 1 },
  ];
  const paths = members.map((_, index) => memberPath({ members }, index).join('/'));
  expect(paths).toEqual(['scan.tar.gz', 'scan.tar.gz/scan.tar', 'scan.tar.gz/run.exe']);
  expect(memberPath({ members }, 9)).toEqual([]);
});
