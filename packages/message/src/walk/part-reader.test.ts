import { expect, test } from 'vitest';
import type { Content, Range } from '../content.ts';
import { contentOf } from '../spool.ts';
import type { MessagePart } from './message-tree.ts';
import { createPartReader, type PartReaderLimits } from './part-reader.ts';
import { base64, lines, multi } from './testing/case.fixture.ts';
import { uuencode } from './testing/encode.fixture.ts';
import { walkMessage } from './walk-message.ts';

const encoded = (type: string, bytes: Buffer) => [`Content-Type: ${type}`, 'Content-Transfer-Encoding: base64', '', base64(bytes)];
const bodyOf = (index: number) => `${index} `.repeat(index + 1);
const file = (index: number) => encoded(`a/b; name=${index}.bin`, Buffer.from(bodyOf(index)));
const manyFiles = (count: number) => multi(...Array.from({ length: count }, (_, index) => file(index)));

/** Files in the message, in a message in Base64, in one in that, uuencoded in a text, and in the message again. */
const NESTED = multi(
  file(1),
  encoded('message/rfc822', multi(file(2), encoded('message/rfc822', multi(file(3), file(4))), file(5), file(6))),
  ['', uuencode(Buffer.from(bodyOf(7)), '7.bin'), 'between', uuencode(Buffer.from(bodyOf(8)), '8.bin')],
  file(9),
);

async function readParts(content: Pick<Content, 'read'>, parts: readonly MessagePart[], limits?: PartReaderLimits): Promise<string[]> {
  const reader = createPartReader(content, limits);
  const texts: string[] = [];
  for (const part of parts) {
    let text = '';
    for await (const chunk of reader.open(part)) text += chunk.toString();
    texts.push(text);
  }
  return texts;
}
const filesOf = async (message: Buffer) => (await walkMessage(contentOf(message))).parts.filter((part) => part.names.length > 0);

/** Counts the octets that are read, and lends no more than three of them at once. */
function counting(bytes: Buffer) {
  const read = { bytes: 0 };
  async function* pieces({ start, end }: Range = { start: 0, end: bytes.length }, block = Buffer.alloc(3)): AsyncGenerator<Buffer> {
    for (let at = start; at < Math.min(end, bytes.length); at += 3) {
      const copied = bytes.copy(block, 0, at, Math.min(at + 3, end));
      read.bytes += copied;
      yield await Promise.resolve(block.subarray(0, copied));
      block.fill('-');
    }
  }
  return { read, content: { read: pieces } };
}

test.each([
  ['in order', (parts: readonly MessagePart[]) => parts],
  ['backwards', (parts: readonly MessagePart[]) => parts.toReversed()],
  [
    'in and out',
    (parts: readonly MessagePart[]) => [3, 5, 4, 1, 6].flatMap((wanted) => parts.filter((part) => part.names[0] === `${wanted}.bin`)),
  ],
  ['each twice', (parts: readonly MessagePart[]) => parts.flatMap((part) => [part, part])],
])('parts are read whole: %s', async (_what, order) => {
  const parts = order(await filesOf(NESTED));
  const wanted = parts.map((part) => bodyOf(Number.parseInt(part.names[0] ?? '', 10)));
  expect(await readParts(contentOf(NESTED), parts)).toEqual(wanted);
  expect(await readParts(counting(NESTED).content, parts)).toEqual(wanted);
});

test('a part that is left early does not disturb the next', async () => {
  const parts = await filesOf(NESTED);
  const reader = createPartReader(counting(NESTED).content);
  for (const part of parts) for await (const chunk of reader.open(part)) if (chunk.length > 0) break;
  const last = parts.at(-3);
  let text = '';
  if (last !== undefined) for await (const chunk of reader.open(last)) text += chunk.toString();
  expect(text).toBe(bodyOf(7));
});

test('what many parts lie in is read once', async () => {
  const message = lines('Content-Type: message/rfc822', 'Content-Transfer-Encoding: base64', '', base64(manyFiles(100)));
  const { read, content } = counting(message);
  const parts = await filesOf(message);
  expect(parts.length).toBe(100);
  await readParts(content, parts);
  expect(read.bytes).toBeLessThan(message.length);
});

test.each([
  ['one part', { maxBytes: 199, maxTotalBytes: 1e6 }, 'part: more than 199 octets'],
  ['all parts and what they lie in', { maxBytes: 1e6, maxTotalBytes: 5000 }, 'parts: more than 5000 octets'],
])('too large is an error, not a shorter file: %s', async (_what, limits, message) => {
  const parts = await filesOf(manyFiles(80));
  const read = readParts(contentOf(manyFiles(80)), parts, limits);
  await expect(read).rejects.toThrow(RangeError);
  await expect(read).rejects.toThrow(message);
});
