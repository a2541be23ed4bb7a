import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { bytesOf } from './bytes.ts';
import { inspect } from './inspect.ts';
import { DEFAULT_BUDGET, NAMES_MAX_CHARS } from './limits.ts';
import { loadFixture } from './load.fixture.ts';
import { impliedName } from './member-name.ts';
import { memberPath, NOTHING_SPENT } from './port.ts';
import { createStore } from './store.ts';
import { installedWasm } from './wasm.ts';

const wasm = installedWasm();
const directory = mkdtempSync(join(tmpdir(), 'archive-test-'));
afterAll(() => rmSync(directory, { recursive: true }));
const options = {
  before: NOTHING_SPENT,
  budget: { ...DEFAULT_BUDGET, maxUnpackedBytes: 10_000_000 },
  wasm,
  directory,
  elapsedMs: () => 0,
};

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
  'nsis',
];

test('mutated archives never throw, and are reported again the same', { timeout: 120_000 }, async () => {
  const fixtures = NAMES.map((name) => loadFixture(`${name}-good`));
  const edit = fc.record({ at: fc.nat(2000), value: fc.integer({ min: 0, max: 255 }) });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...fixtures), fc.array(edit, { maxLength: 4 }), fc.nat(3000), async (good, edits, cut) => {
      const bytes = Buffer.from(good.subarray(0, Math.max(20, good.length - Math.max(0, cut - 2000))));
      for (const { at, value } of edits) bytes[at % bytes.length] = value;
      const inspected = await inspect(bytesOf(bytes), ['a.zip'], options);
      expect(await inspect(bytesOf(bytes), ['a.zip'], options)).toEqual(inspected);
      const { members } = inspected.report;
      for (const member of members) expect(member.parent ?? -1).toBeLessThan(members.length);
    }),
    { numRuns: 150 },
  );
});

test.each([
  ['time', { ms: 20_000 }, 'too-slow'],
  ['members', { members: DEFAULT_BUDGET.maxMembers }, 'too-many-members'],
  ['characters of names', { nameChars: NAMES_MAX_CHARS }, 'too-many-members'],
  ['declared bytes', { declaredBytes: 10_000_000 }, 'too-many-bytes'],
  ['unpacked bytes', { unpackedBytes: 10_000_001 }, 'too-many-bytes'],
])('what the parts before have spent is gone: %s', async (_what, spent, problem) => {
  const before = { ...NOTHING_SPENT, ...spent };
  for (const name of ['zip-good', '7z-good', 'tar-gz-good']) {
    const { report } = await inspect(bytesOf(loadFixture(name)), [], { ...options, before, elapsedMs: () => 1 });
    expect(report.problems.map((one) => one.problem)).toEqual([problem]);
  }
  const { report, opened } = await inspect(bytesOf(Buffer.alloc(100, 'x')), ['a.txt'], { ...options, before });
  expect([report.kinds, report.problems, opened]).toEqual([[], [], false]);
});

test.each([{ ms: 20_000 }, { members: DEFAULT_BUDGET.maxMembers }])('and then no archive is opened any more: %j', async (spent) => {
  let asked = 0;
  const counted = {
    ...wasm,
    sevenZip() {
      asked += 1;
      return wasm.sevenZip();
    },
  };
  const before = { ...NOTHING_SPENT, ...spent };
  const { opened } = await inspect(bytesOf(loadFixture('7z-good')), [], { ...options, wasm: counted, before, elapsedMs: () => 1 });
  expect([opened, asked]).toEqual([true, 0]);
});

test('members are searched as long as the parts before have left something for it', async () => {
  const inner = loadFixture('zip-good');
  const searched = async (searchedBytes: number) =>
    await inspect(bytesOf(zipOf('photo.jpg', Buffer.concat([Buffer.alloc(200), inner]))), [], {
      ...options,
      before: { ...NOTHING_SPENT, searchedBytes },
    });
  const first = await searched(0);
  expect([first.report.members.length, first.report.unsearched]).toEqual([3, 0]);
  expect(first.spent.searchedBytes).toBeGreaterThan(0);
  const last = await searched(DEFAULT_BUDGET.maxSearchBytes);
  expect([last.report.members.length, last.report.unsearched]).toEqual([1, 1]);
});

test('nothing is left behind in the directory', async () => {
  await inspect(bytesOf(loadFixture('zip-deep')), ['a.zip'], options);
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

/** A zip of one deflated member. */
function zipOf(name: string, content: Buffer): Buffer {
  const packed = deflateRawSync(content);
  const fields = Buffer.alloc(24);
  fields.writeUInt16LE(8, 2);
  fields.writeUInt32LE(crc32(content), 8);
  fields.writeUInt32LE(packed.length, 12);
  fields.writeUInt32LE(content.length, 16);
  fields.writeUInt16LE(name.length, 20);
  const local = Buffer.concat([Buffer.from('PK\x03\x04\x14\0', 'latin1'), fields, Buffer.from(name), packed]);
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\0\x14\0', 'latin1'), fields, Buffer.alloc(14), Buffer.from(name)]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

// An incompressible zip stands in its gzip as it is, but for a few octets every 64 KiB: as a zip it is damaged.
test('what lies in an archive that other data explain has no problems', async () => {
  const inner = zipOf('b.zip', zipOf('run.exe', randomBytes(600_000)));
  const { report } = await inspect(bytesOf(gzipSync(inner)), ['b.zip.gz'], options);
  expect(report.problems).toEqual([]);
  expect(new Set(report.members.map(({ name }) => name))).toEqual(new Set(['b.zip', 'run.exe']));
});

const broken = () => Promise.reject(new Error('out of memory'));

test.each([
  ['7z', '7z-good', { ...wasm, sevenZip: broken }, 'loading 7-Zip: out of memory'],
  ['tar.xz', 'tar-xz-good', { ...wasm, sevenZip: broken }, 'loading 7-Zip: out of memory'],
  ['rar', 'rar5-good', { ...wasm, unrar: broken }, 'loading unrar: out of memory'],
])('a reader of %s that does not start says nothing about the archive', async (_what, name, unfit, problem) => {
  const inspected = inspect(bytesOf(loadFixture(name)), ['a.bin'], { ...options, wasm: unfit });
  await expect(inspected).rejects.toMatchObject({ name: 'ReaderFailure', message: expect.stringContaining(problem) });
});

test('unpacked data that the disk does not take says nothing about the archive, whoever unpacks it', async () => {
  const inner = zipOf('c.bin', randomBytes(600_000));
  const away = { ...options, directory: join(directory, 'away') };
  for (const outer of [zipOf('a.zip', inner), gzipSync(inner)]) {
    expect((await inspect(bytesOf(outer), ['o.bin'], options)).report.problems).toEqual([]);
    const inspected = inspect(bytesOf(outer), ['o.bin'], away);
    await expect(inspected).rejects.toMatchObject({ name: 'ReaderFailure', message: expect.stringContaining('ENOENT') });
  }
});
