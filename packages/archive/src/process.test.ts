import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { afterEach, describe, expect, test } from 'vitest';
import { describeArchives } from './contract.ts';
import { loadFixture } from './load.fixture.ts';
import type { ArchiveFault, ArchiveReport, Archives } from './port.ts';
import { createProcessArchives, type ProcessOptions, readerCommand } from './process.ts';

const MIB = 1024 * 1024;
const PROGRAM = `
  import { installedWasm, runReader } from ${JSON.stringify(new URL('reader/main.ts', import.meta.url).href)};
  await runReader({ input: process.stdin, output: process.stdout, directory: ${JSON.stringify(tmpdir())}, wasm: installedWasm() });
`;

/** Gives two answers and ends. */
const ANSWERS_TWICE = `
  const answer = Buffer.from(process.argv[1]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(answer.length);
  process.stdin.once('data', () => process.stdout.write(Buffer.concat([length, answer, length, answer]), () => process.exit(1)));
`;

const children: ChildProcess[] = [];
function start(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, [...args], { stdio: ['pipe', 'pipe', 'pipe'], env: {} });
  children.push(child);
  return child;
}
function spawnReader(): ChildProcess {
  const { command, args } = readerCommand(process.execPath, ['--input-type=module', '--eval', PROGRAM]);
  return start(command, args);
}

const BOUNDS = { readers: 1, deadlineMs: 60_000, residentMaxBytes: 1024 * MIB };
const sourceOf = (bytes: Buffer) => ({
  name: 'a.bin',
  bytes: (async function* () {
    yield await Promise.resolve(bytes);
  })(),
});
const kindsOf = (reports: readonly ArchiveReport[]) => reports.map((report) => report.kinds);
const good = () => sourceOf(loadFixture('zip-good'));

describeArchives('archives in processes', () => ({ archives: createProcessArchives({ ...BOUNDS, readers: 2, spawnReader }) }));

describe('faults', () => {
  let archives: Archives | undefined;
  const faults: string[] = [];
  const create = (options: Partial<ProcessOptions>) => {
    faults.length = 0;
    children.length = 0;
    archives = createProcessArchives({ ...BOUNDS, spawnReader, onCrash: (fault: ArchiveFault) => faults.push(fault.kind), ...options });
    return archives;
  };
  afterEach(async () => {
    await archives?.close();
    expect(children.every((child) => child.exitCode !== null || child.signalCode !== null || child.pid === undefined)).toBe(true);
  });

  test.each([
    ['ends at once', () => start('/bin/sh', ['-c', 'echo "it is broken" >&2; exit 3']), /machine: exit code 3/u],
    ['kills itself', () => start('/bin/sh', ['-c', 'kill -SEGV $$']), /crash: SIGSEGV/u],
    ['does not exist', () => start('/nowhere/reader', []), /machine: spawn/u],
    [
      'answers what is none',
      () => start('/bin/sh', ['-c', 'printf "\\0\\0\\0\\002{}"; exec sleep 60']),
      /crash: its answer makes no sense/u,
    ],
    ['talks nonsense', () => start('/bin/sh', ['-c', 'printf "\\377\\377\\377\\377"; exec sleep 60']), /crash: its answer is too long/u],
  ])('a reader that %s', async (_what, spawnReader, message) => {
    await expect(create({ spawnReader }).list([good()])).rejects.toThrow(message);
    expect(faults).toEqual([message.source.split(':', 1)[0]]);
  });
  test.each([
    [
      'throws',
      () => {
        throw Object.assign(new Error('spawn ENOMEM'), { code: 'ENOMEM' });
      },
    ],
    [
      'has no pipes, as without descriptors left',
      () => {
        return Object.assign(spawn('/nowhere/reader'), { stdin: undefined, stdout: undefined });
      },
    ],
    ['is killed by somebody else', () => start('/bin/sh', ['-c', 'kill -KILL $$'])],
    ['says that the machine failed', () => start('/bin/sh', ['-c', 'exit 75'])],
  ])('a reader whose start %s is the fault of the machine', async (_what, spawnReader) => {
    await expect(create({ spawnReader }).list([good()])).rejects.toMatchObject({ kind: 'machine' });
    expect(faults).toEqual(['machine']);
  });
  test('a reader that never answers', async () => {
    const never = () => start('/bin/sh', ['-c', 'exec sleep 60']);
    await expect(create({ spawnReader: never, deadlineMs: 50 }).list([good()])).rejects.toMatchObject({ kind: 'deadline' });
    expect(faults).toEqual(['deadline']);
  });
  test('a reader that takes nothing in: the source is not read on', async () => {
    let chunks = 0;
    const bytes = (async function* () {
      for (; chunks < 10_000; chunks += 1) yield await Promise.resolve(Buffer.alloc(64 * 1024));
    })();
    const never = () => start('/bin/sh', ['-c', 'exec sleep 60']);
    await expect(create({ spawnReader: never, deadlineMs: 200 }).list([{ bytes }])).rejects.toMatchObject({ kind: 'deadline' });
    expect(chunks).toBeLessThan(20);
  });
  test('a reader that grows', async () => {
    await expect(create({ residentMaxBytes: MIB, deadlineMs: 20_000 }).list([endless()])).rejects.toMatchObject({ kind: 'memory' });
    expect(faults).toEqual(['memory']);
  });
  test('many parts are one process, and many archives are more', async () => {
    const pool = create({});
    await pool.list(Array.from({ length: 1000 }, () => sourceOf(Buffer.from('no archive, but long enough to be one'))));
    expect(children.length).toBe(1);
    const reports = await pool.list(Array.from({ length: 500 }, good));
    expect(new Set(kindsOf(reports).map(String))).toEqual(new Set(['zip']));
    expect(children.length).toBe(2);
  });
  test('a crash says at which part', async () => {
    const names: (string | undefined)[] = [];
    const answer = { report: { members: [], problems: [] }, spent: {}, cpuMs: 0 };
    const answersTwice = () => start(process.execPath, ['--input-type=module', '--eval', ANSWERS_TWICE, JSON.stringify(answer)]);
    const pool = create({ spawnReader: answersTwice, onCrash: (_fault, source) => names.push(source.name) });
    const parts = ['a', 'b', 'c', 'd'].map((name) => ({ ...good(), name }));
    await expect(pool.list(parts)).rejects.toMatchObject({ kind: 'crash' });
    expect(names).toEqual(['c']);
  });
  test('after a crash the next archive gets a new reader', async () => {
    const programs = [() => start('/bin/sh', ['-c', 'exit 1']), spawnReader];
    const pool = create({ spawnReader: () => (programs.shift() ?? spawnReader)() });
    await expect(pool.list([good()])).rejects.toMatchObject({ kind: 'machine' });
    expect(kindsOf(await pool.list([good()]))).toEqual([['zip']]);
    expect(kindsOf(await pool.list([good()]))).toEqual([['zip']]);
    expect(children.length).toBe(2);
  });
  test('closing ends what runs and what waits', async () => {
    const never = () => start('/bin/sh', ['-c', 'exec sleep 60']);
    const pool = create({ spawnReader: never });
    const results = Promise.allSettled([pool.list([good()]), pool.list([good()])]);
    await pool.close();
    for (const result of await results) expect(result).toMatchObject({ status: 'rejected', reason: { kind: 'closed' } });
    expect(faults).toEqual([]);
  });
  test('too many wait', async () => {
    const never = () => start('/bin/sh', ['-c', 'exec sleep 60']);
    const pool = create({ spawnReader: never });
    const all = Promise.allSettled(Array.from({ length: 70 }, () => pool.list([good()])));
    await expect(pool.list([good()])).rejects.toMatchObject({ kind: 'busy' });
    await pool.close();
    await all;
    expect(faults).toEqual([]);
  });
});

/** Never ends, and gives the watch time to look. */
function endless() {
  const bytes = (async function* () {
    for (;;) yield await new Promise<Buffer>((resolve) => setTimeout(() => resolve(Buffer.alloc(10)), 20));
  })();
  return { bytes };
}
