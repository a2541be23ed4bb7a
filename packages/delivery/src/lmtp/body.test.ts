import { sendBody } from '@vratny/client';
import { contentOf, type Range } from '@vratny/message';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readBody } from './deliver-group.ts';

async function send(bytes: Buffer, omit: readonly Range[], stamps: string, content = contentOf(bytes)) {
  const writes: Buffer[] = [];
  const { signal } = new AbortController();
  const last = await sendBody(readBody({ stamps }, { content, omit }), signal, async (octets) => void writes.push(Buffer.from(octets)));
  return { writes, last, all: Buffer.concat([...writes, last]).toString('latin1') };
}

test('stamps, the kept ranges and the end are one piece when they are small', async () => {
  const { writes, last } = await send(Buffer.from('0123\r\n.5\r\n'), [{ start: 0, end: 2 }], 'A: b\r\n');
  expect(writes).toEqual([]);
  expect(last.toString()).toBe('A: b\r\n23\r\n..5\r\n.\r\n');
});

test('writes are bounded', async () => {
  const { writes } = await send(Buffer.from('.\r\n'.repeat(200_000)), [], '');
  expect(writes.length).toBeGreaterThan(3);
  expect(Math.max(...writes.map((one) => one.length))).toBeLessThan(200_000);
});

test('any ranges left out, any size', async () => {
  const cuts = fc.uniqueArray(fc.nat({ max: 150_000 }), { maxLength: 12 }).map((all) => all.sort((a, b) => a - b));
  await fc.assert(
    fc.asyncProperty(cuts, fc.nat({ max: 150_000 }), async (points, size) => {
      const bytes = Buffer.from('abcdefghi\r\n'.repeat(14_000)).subarray(0, size);
      const omit: Range[] = [];
      for (let i = 0; i + 1 < points.length; i += 2) omit.push({ start: points[i] ?? 0, end: points[i + 1] ?? 0 });
      const within = omit.filter((one) => one.end <= size);
      const kept = [...bytes].filter((_octet, at) => !within.some((one) => at >= one.start && at < one.end));
      const text = Buffer.from(kept).toString('latin1');
      const { all } = await send(bytes, within, 'S: 1\r\n');
      expect(all).toBe(`S: 1\r\n${text}${text === '' || text.endsWith('\r\n') ? '' : '\r\n'}.\r\n`);
    }),
    { numRuns: 30 },
  );
});

test.each([
  ['other octets of the same size', Buffer.from('Subject: y\r\n')],
  ['fewer', Buffer.from('Subject: x')],
  ['more', Buffer.from('Subject: x\r\n\r\nmore\r\n')],
])('%s than were scanned are never ended', async (_what, spooled) => {
  const scanned = contentOf(Buffer.from('Subject: x\r\n'));
  const content = { ...contentOf(spooled), sha256: scanned.sha256, sizeBytes: scanned.sizeBytes };
  await expect(send(Buffer.alloc(0), [], '', content)).rejects.toMatchObject({
    kind: 'ended',
    message: expect.stringContaining('scanned'),
  });
});

test('octets that changed within an omitted range count too', async () => {
  const content = { ...contentOf(Buffer.from('Subject: y\r\n')), sha256: contentOf(Buffer.from('Subject: x\r\n')).sha256 };
  await expect(send(Buffer.alloc(0), [{ start: 0, end: 12 }], '', content)).rejects.toMatchObject({ kind: 'ended' });
});
