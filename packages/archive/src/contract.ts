import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadFixture } from './load.fixture.ts';
import { type ArchiveBudget, type ArchiveKind, type ArchiveReport, type Archives, memberPath } from './port.ts';

/** A format with its fixtures: `NAME-good` holds readme.txt and run.exe, `NAME-bomb` zeros. */
interface Row {
  readonly name: string;
  readonly kind: ArchiveKind;
  /** As the part is called; decides implied names. */
  readonly called: string;
  /** Where the good one is cut off: inside the last member's data or header. */
  readonly cutAt: number;
}

const ROWS: readonly Row[] = [
  { name: 'zip', kind: 'zip', called: 'a.zip', cutAt: 150 },
  { name: '7z', kind: '7z', called: 'a.7z', cutAt: 150 },
  { name: 'rar4', kind: 'rar', called: 'a.rar', cutAt: 120 },
  { name: 'rar5', kind: 'rar', called: 'a.rar', cutAt: 100 },
  { name: 'tar', kind: 'tar', called: 'a.tar', cutAt: 1540 },
  { name: 'tar-gz', kind: 'gz', called: 'a.tgz', cutAt: 120 },
  { name: 'tar-bz2', kind: 'bz2', called: 'a.tar.bz2', cutAt: 120 },
  { name: 'tar-xz', kind: 'xz', called: 'a.tar.xz', cutAt: 150 },
  { name: 'tar-lzma', kind: 'lzma', called: 'a.tar.lzma', cutAt: 120 },
  { name: 'tar-zst', kind: 'zst', called: 'a.tar.zst', cutAt: 100 },
  { name: 'tar-z', kind: 'z', called: 'a.tar.Z', cutAt: 200 },
  { name: 'cab', kind: 'cab', called: 'a.cab', cutAt: 110 },
  { name: 'iso', kind: 'iso', called: 'a.iso', cutAt: 200_000 },
  { name: 'udf', kind: 'udf', called: 'a.iso', cutAt: 500_000 },
  { name: 'arj', kind: 'arj', called: 'a.arj', cutAt: 164 },
  { name: 'lzh', kind: 'lzh', called: 'a.lzh', cutAt: 103 },
  { name: 'wim', kind: 'wim', called: 'a.wim', cutAt: 900 },
  { name: 'cpio', kind: 'cpio', called: 'a.cpio', cutAt: 300 },
  { name: 'ar', kind: 'ar', called: 'a.deb', cutAt: 200 },
  { name: 'rpm', kind: 'rpm', called: 'a.rpm', cutAt: 290 },
  { name: 'xar', kind: 'xar', called: 'a.xar', cutAt: 180 },
  { name: 'ole', kind: 'ole', called: 'a.msi', cutAt: 5000 },
  { name: 'disk', kind: 'disk', called: 'a.img', cutAt: 17_408 },
  { name: 'tar-lz4', kind: 'lz4', called: 'a.tar.lz4', cutAt: 120 },
  { name: 'tar-lzip', kind: 'lzip', called: 'a.tar.lz', cutAt: 120 },
  { name: 'nsis', kind: 'nsis', called: 'a.bin', cutAt: 300 },
];

const TINY: Partial<ArchiveBudget> = { maxUnpackedBytes: 15_000, ratioFloorBytes: 20_000 };

/** A running implementation, and how to end it. */
export interface ContractArchives {
  readonly archives: Archives;
}

/** What every implementation of `Archives` keeps. */
export function describeArchives(what: string, start: () => ContractArchives): void {
  describe(what, () => {
    let archives: Archives;
    beforeAll(() => {
      archives = start().archives;
    });
    afterAll(() => archives.close());
    const listAll: ListAll = (parts, budget) =>
      archives.list(
        parts.map((bytes) => ({ bytes: chunksOf(bytes) })),
        budget === undefined ? {} : { budget },
      );
    const list: List = async (bytes, name, budget) =>
      only(await archives.list([{ name, bytes: chunksOf(bytes) }], budget === undefined ? {} : { budget }));

    describeFormats(list);
    describeEncryption(list);
    describeBudgets(list);
    describeOddities(list);
    describeManyParts(() => archives, listAll);
    describeCalls(() => archives);
  });
}

type List = (bytes: Buffer, name?: string, budget?: Partial<ArchiveBudget>) => Promise<ArchiveReport>;

type ListAll = (parts: readonly Buffer[], budget?: Partial<ArchiveBudget>) => Promise<readonly ArchiveReport[]>;

function only([report, ...more]: readonly ArchiveReport[]): ArchiveReport {
  if (report === undefined || more.length > 0) throw new Error('one report was to come');
  return report;
}

/** In pieces that do not end where structures end. */
async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 1009 * 61) yield await Promise.resolve(bytes.subarray(at, at + 1009 * 61));
}

const pathsOf = (report: ArchiveReport) => report.members.map((_, index) => memberPath(report, index).join('/').toLowerCase());
const problemsOf = (report: ArchiveReport) => [...new Set(report.problems.map((one) => one.problem))].sort();

function describeFormats(list: List): void {
  test.each(ROWS)('$name: good, by content alone', async ({ name, kind }) => {
    const report = await list(loadFixture(`${name}-good`));
    expect(report.kinds).toContain(kind);
    expect(report).toMatchObject({ problems: [], locked: false });
    expect(pathsOf(report).some((path) => path.endsWith('run.exe'))).toBe(true);
    expect(pathsOf(report).some((path) => path.endsWith('readme.txt'))).toBe(true);
  });
  test.each(ROWS)('$name: called $called', async ({ name, called }) => {
    const report = await list(loadFixture(`${name}-good`), called);
    expect(report.problems).toEqual([]);
    expect(pathsOf(report).some((path) => path === 'run.exe' || path.endsWith('cpio.gz/run.exe'))).toBe(true);
  });
  test.each(ROWS)('$name: cut off', async ({ name, cutAt, called }) => {
    const report = await list(loadFixture(`${name}-good`).subarray(0, cutAt), called);
    expect(problemsOf(report)).toContain('error');
  });
  test.each([...ROWS.map((row) => row.name), 'szdd', 'mail'])('%s: a bomb', async (name) => {
    const report = await list(loadFixture(`${name}-bomb`), undefined, TINY);
    expect(problemsOf(report)).toContain('too-many-bytes');
  });
  test.each(['a.eml', 'notes'])('mail: called %s; what is cut off is no damage', async (called) => {
    const bytes = loadFixture('mail-good');
    for (const end of [bytes.length, bytes.length - 20]) {
      const report = await list(bytes.subarray(0, end), called);
      expect(report).toMatchObject({ kinds: ['mail'], problems: [] });
      expect(pathsOf(report)).toEqual(['readme.txt', 'run.exe']);
    }
  });
  test('what is no archive is reported empty', async () => {
    for (const text of ['', 'PK', 'From the porter at the gate. '.repeat(10_000)]) {
      const report = await list(Buffer.from(text), 'letter.txt');
      expect(report).toEqual({ kinds: [], members: [], locked: false, problems: [], unsearched: 0, unpackedBytes: 0 });
    }
  });
}

function describeEncryption(list: List): void {
  test.each(['zip', '7z', 'rar4', 'rar5', 'arj'])('%s: encrypted members are named', async (name) => {
    const report = await list(loadFixture(`${name}-encrypted`));
    expect(report.members.map((member) => [member.name, member.encrypted])).toEqual([
      ['readme.txt', true],
      ['run.exe', true],
    ]);
    expect(report).toMatchObject({ problems: [], locked: false });
  });
  test.each(['7z', 'rar4', 'rar5'])('%s: encrypted headers are locked, not empty', async (name) => {
    expect(await list(loadFixture(`${name}-locked`))).toMatchObject({ members: [], problems: [], locked: true });
  });
  test('an Office document with a password is locked', async () => {
    expect(await list(loadFixture('ole-encrypted'))).toMatchObject({ problems: [], locked: true });
  });
}

function describeBudgets(list: List): void {
  test('ratio', async () => {
    const report = await list(loadFixture('zip-bomb'), undefined, { maxRatio: 50, ratioFloorBytes: 20_000 });
    expect(problemsOf(report)).toEqual(['too-high-ratio']);
  });
  test('depth: eight are read, nine are not', async () => {
    const deep = loadFixture('zip-deep');
    expect(problemsOf(await list(deep))).toEqual(['too-deep']);
    const report = await list(deep, undefined, { maxDepth: 9 });
    expect(report.problems).toEqual([]);
    expect(pathsOf(report).at(-1)).toBe(`${[2, 3, 4, 5, 6, 7, 8, 9].map((level) => `level-${level}.zip`).join('/')}/run.exe`);
  });
  test('members', async () => {
    const report = await list(loadFixture('tar-good'), undefined, { maxMembers: 1 });
    expect(problemsOf(report)).toEqual(['too-many-members']);
    expect(report.members.length).toBe(1);
  });
  test('time', async () => {
    expect(problemsOf(await list(loadFixture('zip-good'), undefined, { maxMs: -1 }))).toEqual(['too-slow']);
  });
}

function describeOddities(list: List): void {
  test.each(['rar4', 'rar5', 'nsis'])('%s: behind a program', async (name) => {
    expect(pathsOf(await list(loadFixture(`${name}-stub`), 'setup.dat'))).toEqual(['readme.txt', 'run.exe']);
  });
  test('an embedded object tells its name and path', async () => {
    expect(pathsOf(await list(loadFixture('ole-package')))).toEqual(expect.arrayContaining(['run.exe', 'c:\\x\\run.exe']));
  });
  test.each(['vhd', 'vhdx', 'vmdk', 'qcow2', 'vdi'])('%s: the files in its partition, and a partition that nobody reads', async (name) => {
    const good = await list(loadFixture(`${name}-good`), `a.${name}`);
    expect(good.problems).toEqual([]);
    expect(pathsOf(good).some((path) => path.endsWith('/run.exe'))).toBe(true);
    const foreign = await list(loadFixture(`${name}-foreign`), `a.${name}`);
    expect(problemsOf(foreign)).toEqual(['unsupported']);
  });
  test.each(['ole-presentation', 'ole-presentation-plain'])('%s: the name of the file in it', async (name) => {
    expect(pathsOf(await list(loadFixture(name))).some((path) => path.endsWith('/run.exe'))).toBe(true);
  });
  test('ace is recognised and unreadable', async () => {
    expect(await list(loadFixture('ace-good'))).toMatchObject({ kinds: ['ace'], problems: [{ problem: 'unsupported' }] });
  });
  test.each(['a.zip', 'A.RAR ', 'a.7z.', 'a.tgz'])('%j that is none', async (name) => {
    expect(problemsOf(await list(Buffer.from('this is no archive, whatever it is called'), name))).toEqual(['misnamed']);
  });
  test('an empty zip has no entries', async () => {
    expect(problemsOf(await list(Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)])))).toEqual(['no-entries']);
  });
}

function describeManyParts(archives: () => Archives, listAll: ListAll): void {
  const kindsOf = (reports: readonly ArchiveReport[]) => reports.map((report) => report.kinds.join());
  const zip = loadFixture('zip-good');
  const nothing = Buffer.from('no archive, but long enough to be one');
  test('no part', async () => {
    expect(await listAll([])).toEqual([]);
  });
  test('reports come in the order of the parts, however many and large they are', async () => {
    const row = [zip, nothing, loadFixture('7z-good'), Buffer.alloc(0), Buffer.alloc(3_000_000, 'x'), loadFixture('iso-good')];
    const parts = Array.from({ length: 50 }, () => row).flat();
    expect(kindsOf(await listAll(parts))).toEqual(Array.from({ length: 50 }, () => ['zip', '', '7z', '', '', 'iso']).flat());
  });
  test('a source may use its buffer again', async () => {
    const buffer = Buffer.alloc(100_000);
    async function* lent(bytes: Buffer): AsyncGenerator<Buffer> {
      for (let at = 0; at < bytes.length; at += 7) yield await Promise.resolve(buffer.subarray(0, bytes.copy(buffer, 0, at, at + 7)));
      buffer.fill('-');
    }
    const reports = await archives().list([zip, nothing, zip].map((bytes) => ({ bytes: lent(bytes) })));
    expect(reports.map((report) => pathsOf(report).join())).toEqual(['readme.txt,run.exe', '', 'readme.txt,run.exe']);
  });
  test.each([
    ['members', loadFixture('tar-good'), { maxMembers: 3 }, 'too-many-members'],
    ['declared bytes', loadFixture('zip-bomb'), { maxUnpackedBytes: 450_000 }, 'too-many-bytes'],
    ['unpacked bytes', loadFixture('tar-gz-bomb'), { maxUnpackedBytes: 450_000 }, 'too-many-bytes'],
  ])('%s count for all parts together', async (_what, archive, budget, problem) => {
    // Across the end of a turn, too.
    const between = Array.from({ length: 200 }, () => nothing);
    const reports = await listAll([archive, ...between, archive, nothing], budget);
    expect(problemsOf(only(reports.slice(0, 1)))).toEqual([]);
    expect(problemsOf(only(reports.slice(201, 202)))).toEqual([problem]);
    expect(only(reports.slice(-1))).toMatchObject({ kinds: [], problems: [] });
  });
}

function describeCalls(archives: () => Archives): void {
  test('several at once do not change one another', async () => {
    const names = ['rar4', 'rar5', 'zip', '7z', 'rar5', 'rar4'];
    const reports = await Promise.all(names.map((name) => archives().list([{ bytes: chunksOf(loadFixture(`${name}-good`)) }])));
    expect(reports.map((all) => pathsOf(only(all)).join())).toEqual(names.map(() => 'readme.txt,run.exe'));
  });
  test('an aborted signal', async () => {
    const source = { bytes: chunksOf(loadFixture('zip-good')) };
    await expect(archives().list([source], {}, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
  });
  test('a source that fails', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield await Promise.resolve(Buffer.from('PK'));
      throw new Error('no disk');
    }
    await expect(archives().list([{ bytes: chunksOf(loadFixture('zip-good')) }, { bytes: broken() }])).rejects.toThrow('no disk');
    expect(only(await archives().list([{ bytes: chunksOf(loadFixture('zip-good')) }])).kinds).toEqual(['zip']);
  });
}
