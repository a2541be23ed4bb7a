import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createByteBudget } from './byte-budget.ts';
import type { Content, Range } from './content.ts';
import { atOnce, readHeader } from './header.ts';
import { contentOf, createSpool, openUnlinkedFile, SpoolFault, type SpoolFile, type SpoolOptions } from './spool.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vratny-spool-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function spooled(chunks: readonly Buffer[], options: Partial<SpoolOptions> = {}): Promise<Content> {
  const spool = createSpool({ directory, ...options });
  for (const chunk of chunks) await spool.write(chunk);
  return spool.finish();
}
async function readAll(content: Content, range?: Range): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content.read(range)) {
    expect(chunk.length).toBeGreaterThan(0);
    expect(chunk.length).toBeLessThanOrEqual(65_536);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
const noise = (length: number): Buffer => {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1) bytes[at] = (at * 7919 + (at >> 8)) & 255;
  return bytes;
};

/** A file in memory that counts, and fails where it is told to. */
function plantedFile(fail: { write?: Error; read?: Error; shortRead?: boolean }) {
  const calls = { writes: 0, closes: 0, largest: 0 };
  const file: SpoolFile = {
    async write(bytes) {
      calls.writes += 1;
      calls.largest = Math.max(calls.largest, bytes.length);
      if (fail.write && calls.writes > 1) throw fail.write;
    },
    async read(into) {
      if (fail.read) throw fail.read;
      return fail.shortRead ? 0 : into.length;
    },
    async close() {
      calls.closes += 1;
    },
  };
  return { calls, openFile: async () => file };
}
const systemError = (code: string) => Object.assign(new Error(`${code}: planted`), { code });

describe('spool', () => {
  test.each([0, 1, 8_192, 262_144, 262_145, 1_000_000])('%i octets come back, from memory or file', async (size) => {
    const bytes = noise(size);
    const content = await spooled([bytes.subarray(0, size >> 1), bytes.subarray(size >> 1)]);
    expect(content.sizeBytes).toBe(size);
    expect(content.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect((await readAll(content)).equals(bytes)).toBe(true);
    expect(await readdir(directory)).toEqual([]);
    await content.discard();
  });

  test('several readers at once, each with its range', async () => {
    const bytes = noise(700_000);
    const content = await spooled([bytes]);
    const ranges = [0, 1, 65_535, 65_536, 300_001, 699_999, 700_000].map((start) => ({ start, end: Math.min(start + 200_000, 700_000) }));
    const read = await Promise.all(ranges.map((range) => readAll(content, range)));
    expect(read.map((got, index) => got.equals(bytes.subarray(ranges[index]?.start, ranges[index]?.end)))).toEqual(ranges.map(() => true));
    expect(await readAll(content, { start: 650_000, end: 9_000_000 })).toEqual(bytes.subarray(650_000));
    await content.discard();
  });

  test('any split of the bytes and any place of the file give the same content', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }),
        fc.nat({ max: 4_000 }),
        fc.nat({ max: 6_000 }),
        async (parts, memoryMaxBytes, start) => {
          const bytes = Buffer.concat(parts);
          const content = await spooled(
            parts.map((part) => Buffer.from(part)),
            { memoryMaxBytes },
          );
          const reference = contentOf(bytes);
          const range = { start, end: start + 500 };
          expect(content.sha256).toBe(reference.sha256);
          expect(await readAll(content)).toEqual(bytes);
          expect(await readAll(content, range)).toEqual(await readAll(reference, range));
          await content.discard();
        },
      ),
      { numRuns: 200 },
    );
  });

  test('the caller may reuse its chunk after write', async () => {
    const chunk = Buffer.from('aaaa');
    const spool = createSpool({ directory });
    await spool.write(chunk);
    chunk.fill('b');
    await spool.write(chunk);
    expect((await readAll(await spool.finish())).toString()).toBe('aaaabbbb');
  });

  test('one-octet writes reach the file in blocks', async () => {
    const planted = plantedFile({});
    const spool = createSpool({ directory, memoryMaxBytes: 10, openFile: planted.openFile });
    const octet = Buffer.from('x');
    for (let at = 0; at < 200_000; at += 1) await spool.write(octet);
    await (await spool.finish()).discard();
    // Seven blocks that doubled up to 64 KiB in memory, then whole ones.
    expect(planted.calls).toEqual({ writes: 10, closes: 1, largest: 65_536 });
  });

  test('one huge write goes through in blocks too', async () => {
    const planted = plantedFile({});
    await spooled([Buffer.alloc(1_000_000)], { memoryMaxBytes: 10, openFile: planted.openFile });
    expect(planted.calls.largest).toBe(65_536);
  });
});

describe('giving back', () => {
  test('reading after discard is an error, discarding twice is not', async () => {
    for (const memoryMaxBytes of [0, 1_000]) {
      const content = await spooled([Buffer.from('hello')], { memoryMaxBytes });
      await content.discard();
      await content.discard();
      await expect(readAll(content)).rejects.toMatchObject({ name: 'SpoolFault', message: 'spool: the message was discarded' });
    }
  });

  test('abort closes the file, once, and ends the spool', async () => {
    const planted = plantedFile({});
    const spool = createSpool({ directory, memoryMaxBytes: 0, openFile: planted.openFile });
    await spool.write(Buffer.from('x'));
    await spool.abort();
    await spool.abort();
    expect(planted.calls.closes).toBe(1);
    await expect(spool.write(Buffer.from('x'))).rejects.toMatchObject({ name: 'SpoolFault' });
    await expect(spool.finish()).rejects.toMatchObject({ name: 'SpoolFault' });
  });

  test('a file that opens only after abort is closed as well', async () => {
    const planted = plantedFile({});
    const gate = Promise.withResolvers<void>();
    const spool = createSpool({ directory, memoryMaxBytes: 0, openFile: () => gate.promise.then(planted.openFile) });
    const writing = spool.write(Buffer.from('x'));
    await spool.abort();
    gate.resolve();
    await expect(writing).rejects.toMatchObject({ name: 'SpoolFault' });
    expect(planted.calls).toMatchObject({ writes: 0, closes: 1 });
  });

  test('abort after finish leaves the content alone', async () => {
    const spool = createSpool({ directory });
    await spool.write(Buffer.from('x'));
    const content = await spool.finish();
    await spool.abort();
    expect((await readAll(content)).toString()).toBe('x');
  });

  test('the budget is charged while the message lives', async () => {
    const budget = createByteBudget(100);
    const content = await spooled([Buffer.alloc(60)], { budget });
    const second = createSpool({ directory, budget });
    await second.write(Buffer.alloc(40));
    await expect(second.write(Buffer.alloc(1))).rejects.toMatchObject({ kind: 'no-space' });
    expect(budget.takenBytes).toBe(60);
    await second.abort();
    await content.discard();
    await content.discard();
    expect(budget.takenBytes).toBe(0);
  });
});

describe('faults of the disk', () => {
  test.each([
    ['ENOSPC', 'no-space'],
    ['EDQUOT', 'no-space'],
    ['EIO', 'io'],
    ['EROFS', 'io'],
  ])('%s while writing is %s, the file is closed and the budget given back', async (code, kind) => {
    const planted = plantedFile({ write: systemError(code) });
    const budget = createByteBudget(1_000_000);
    const spool = createSpool({ directory, memoryMaxBytes: 0, budget, openFile: planted.openFile });
    await spool.write(Buffer.alloc(70_000));
    await expect(spool.write(Buffer.alloc(70_000))).rejects.toMatchObject({ name: 'SpoolFault', kind });
    await expect(spool.finish()).rejects.toMatchObject({ kind });
    await spool.abort();
    expect(planted.calls.closes).toBe(1);
    expect(budget.takenBytes).toBe(0);
  });

  test('a directory that is not there is a fault, not a crash', async () => {
    const spool = createSpool({ directory: join(directory, 'absent'), memoryMaxBytes: 0 });
    await expect(spool.write(Buffer.from('x'))).rejects.toMatchObject({ name: 'SpoolFault', kind: 'io' });
  });

  test.each([
    ['EIO', { read: systemError('EIO') }],
    ['a short file', { shortRead: true }],
  ])('%s while reading is a fault', async (_what, fail) => {
    const content = await spooled([Buffer.alloc(10)], { memoryMaxBytes: 0, openFile: plantedFile(fail).openFile });
    await expect(readAll(content)).rejects.toMatchObject({ name: 'SpoolFault', kind: 'io' });
  });

  test('the file has no name and is private', async () => {
    const file = await openUnlinkedFile(directory);
    expect(await readdir(directory)).toEqual([]);
    await file.close();
  });
});

describe('a message in memory', () => {
  test('waits for nothing, and can be walked at once', () => {
    const spool = createSpool({ directory: '/nonexistent' });
    expect(spool.write(Buffer.from('one '))).toBeUndefined();
    expect(spool.write(Buffer.from('two'))).toBeUndefined();
    const content = spool.finish();
    if (content instanceof Promise) throw new Error('it waits');
    const present = atOnce(content.read({ start: 1, end: 6 }));
    expect(present && Buffer.concat([...present]).toString()).toBe('ne tw');
  });

  test('is gone when it was given back', async () => {
    const content = contentOf(Buffer.from('one'));
    const present = atOnce(content.read()) ?? [];
    await content.discard();
    expect(() => [...present]).toThrow(SpoolFault);
  });

  test('has its header read at once', () => {
    expect(readHeader(contentOf(Buffer.from('Subject: x\r\n\r\n')))).toMatchObject({ fields: [{ name: 'subject' }] });
  });
});
