import { crc32, deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { DEFAULT_BUDGET } from '../limits.ts';
import { createMemoryArchives } from '../memory.ts';
import { memberPath } from '../port.ts';

/** One member of a zip under construction; what is left out is the same in both headers. */
interface Made {
  readonly name: string;
  readonly localName?: string;
  readonly unicodePaths?: readonly string[];
  readonly data?: Buffer;
  readonly deflate?: boolean;
  readonly flags?: number;
  readonly localFlags?: number;
  readonly zip64?: boolean;
  /** Stands in the file, and in no directory. */
  readonly hidden?: boolean;
}

const archives = createMemoryArchives();
const EXE = Buffer.from('MZ this is no program');
const le16 = (value: number) => Buffer.from([value & 255, value >> 8]);
const le32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const le64 = (value: number) => Buffer.concat([le32(value), le32(0)]);

function extrasOf(made: Made, offset: number | undefined, size: number): Buffer {
  const unicode = (made.unicodePaths ?? []).map((path) => {
    const octets = Buffer.from(path);
    return Buffer.concat([le16(0x7075), le16(octets.length + 5), Buffer.from([1]), le32(0), octets]);
  });
  const sizes = [le64(size), le64(size), ...(offset === undefined ? [] : [le64(offset)])];
  return Buffer.concat([...(made.zip64 === true ? [le16(1), le16(sizes.length * 8), ...sizes] : []), ...unicode]);
}

/** Builds a zip whose offsets count from `base`. */
function build(members: readonly Made[], base = 0): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let at = 0;
  for (const made of members) {
    const data = made.data ?? EXE;
    const packed = made.deflate === true ? deflateRawSync(data) : data;
    const method = le16(made.deflate === true ? 8 : 0);
    const sizes = made.zip64 === true ? [le32(0xffffffff), le32(0xffffffff)] : [le32(packed.length), le32(data.length)];
    const rest = [method, le32(0), le32(crc32(data)), ...sizes];
    const localName = Buffer.from(made.localName ?? made.name);
    const localExtra = extrasOf({ name: made.name, zip64: made.zip64 === true }, undefined, data.length);
    const flags = made.flags ?? 0x800;
    const head = [Buffer.from('PK\x03\x04', 'latin1'), le16(20), le16(made.localFlags ?? flags), ...rest];
    const local = Buffer.concat([...head, le16(localName.length), le16(localExtra.length), localName, localExtra, packed]);
    const name = Buffer.from(made.name);
    const extra = extrasOf(made, base + at, data.length);
    const place = made.zip64 === true ? 0xffffffff : base + at;
    const front = [Buffer.from('PK\x01\x02', 'latin1'), le16(20), le16(20), le16(flags), ...rest, le16(name.length), le16(extra.length)];
    if (made.hidden !== true) centrals.push(Buffer.concat([...front, Buffer.alloc(10), le32(place), name, extra]));
    locals.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(centrals);
  const count = le16(centrals.length);
  const end = Buffer.concat([
    Buffer.from('PK\x05\x06', 'latin1'),
    Buffer.alloc(4),
    count,
    count,
    le32(directory.length),
    le32(base + at),
    le16(0),
  ]);
  return Buffer.concat([...locals, directory, end]);
}

async function read(bytes: Buffer, name = 'a.zip') {
  const source = (async function* () {
    yield await Promise.resolve(bytes);
  })();
  const [report] = await archives.list([{ name, bytes: source }]);
  if (report === undefined) throw new Error('no report');
  return {
    names: report.members.map((_, at) => memberPath(report, at).join('/')),
    problems: report.problems.map((one) => one.problem),
    report,
  };
}

const a = { name: 'a.txt' };
const exe = { name: 'run.exe' };
const junk = Buffer.from('some text that stands before or behind '.repeat(40));

const rows: readonly [string, Buffer, readonly string[], readonly string[]][] = [
  ['plain', build([a, exe]), ['a.txt', 'run.exe'], []],
  ['deflated', build([{ ...a, deflate: true }, exe]), ['a.txt', 'run.exe'], []],
  ['zip64', build([{ ...a, zip64: true }, exe]), ['a.txt', 'run.exe'], []],
  ['behind other data, offsets from the archive', Buffer.concat([junk, build([a, exe])]), ['a.txt', 'run.exe'], []],
  ['behind other data, offsets from the file', Buffer.concat([junk, build([a, exe], junk.length)]), ['a.txt', 'run.exe'], []],
  ['before other data', Buffer.concat([build([a, exe]), junk]), ['a.txt', 'run.exe'], []],
  ['local name differs', build([a, { name: 'b.txt', localName: 'run.exe' }]), ['a.txt', 'b.txt', 'run.exe'], ['views-disagree']],
  ['Unicode path', build([{ ...a, unicodePaths: ['run.exe'] }]), ['a.txt', 'run.exe'], []],
  ['two Unicode paths', build([{ ...a, unicodePaths: ['b.txt', 'run.exe'] }]), ['a.txt', 'b.txt', 'run.exe'], []],
  ['in no directory', build([a, { ...exe, hidden: true }]), ['a.txt', 'run.exe'], ['views-disagree']],
  ['two archives', Buffer.concat([build([exe]), build([a])]), ['a.txt', 'run.exe'], ['views-disagree']],
  ['two directories, absolute', Buffer.concat([build([exe]), build([a], build([exe]).length)]), ['a.txt', 'run.exe'], ['views-disagree']],
  ['encrypted in one view', build([{ ...exe, flags: 0x801, localFlags: 0x800 }]), ['run.exe'], ['views-disagree']],
  ['cut before the directory', build([a, exe]).subarray(0, 110), ['a.txt', 'run.exe'], ['error']],
];

describe('every view of a zip', () => {
  test.each(rows)('%s', async (_what, bytes, names, problems) => {
    const found = await read(bytes);
    expect(found.names.toSorted()).toEqual([...names]);
    expect([...new Set(found.problems)]).toEqual([...problems]);
  });

  test.each([false, true])('a zip in a zip, deflated: %s, is no second view', async (deflate) => {
    const found = await read(build([{ name: 'in.zip', data: build([a, exe]), deflate }, a]));
    expect(found.names.toSorted()).toEqual(['a.txt', 'in.zip', 'in.zip/a.txt', 'in.zip/run.exe']);
    expect(found.problems).toEqual([]);
  });

  test.each([false, true])('recognised by content, called otherwise, deflated: %s', async (deflate) => {
    const found = await read(build([{ name: 'photo.jpg', data: Buffer.concat([junk, build([exe])]), deflate }]), 'x');
    expect(found.names).toEqual(['photo.jpg', 'photo.jpg/run.exe']);
  });

  test('members that share bytes', async () => {
    const bytes = build([a, exe]);
    // The second central header points to the first member.
    bytes.writeUInt32LE(1, bytes.lastIndexOf('run.exe') - 4);
    expect((await read(bytes)).problems).toContain('error');
  });

  test('an encrypted member is named and not searched', async () => {
    const { report } = await read(build([{ ...exe, flags: 0x801 }, a]));
    expect(report.members.map((member) => member.encrypted)).toEqual([true, false]);
    expect(report.problems).toEqual([]);
  });

  test.each([
    [0, []],
    [1, ['too-many-members']],
  ])('%d members more than are allowed', async (excess, problems) => {
    const { maxMembers } = DEFAULT_BUDGET;
    const names = Array.from({ length: maxMembers + excess }, (_, at) => ({ name: `folder/some-name-${at}.txt`, data: Buffer.alloc(0) }));
    const { report } = await read(build(names));
    expect(report.members.length).toBe(maxMembers);
    expect(report.problems.map((one) => one.problem)).toEqual(problems);
  });
});
