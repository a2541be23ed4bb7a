import { createMemoryArchives } from '@vratny/archive/memory';
import { contentOf, type MessagePart } from '@vratny/message';
import { expect, it } from 'vitest';
import { lookInside } from './attachments-inside.ts';

const signal = new AbortController().signal;
const content = contentOf(Buffer.from('the first attachment, the second attachment'));

function partAt(start: number, end: number, more: Partial<MessagePart> = {}): MessagePart {
  const body = { start, end };
  return {
    path: `1.${start}`,
    parent: '1',
    depth: 1,
    form: 'entity',
    mediaType: 'application/octet-stream',
    transferEncoding: 'identity',
    disposition: 'attachment',
    names: [],
    header: undefined,
    body,
    chain: [{ ...body, encoding: 'identity' }],
    titles: [],
    otherChains: [],
    binary: false,
    cut: false,
    ...more,
  };
}

it.each<[string, Partial<MessagePart>, boolean]>([
  ['an attachment', {}, true],
  ['a text', { mediaType: 'text/plain' }, false],
  ['a text with a name', { mediaType: 'text/plain', names: ['a.txt'] }, true],
  ['a text in Base64', { mediaType: 'text/html', transferEncoding: 'base64' }, true],
  ['what holds parts', { mediaType: 'multipart/mixed', names: ['a.zip'] }, false],
  ['a message', { mediaType: 'message/rfc822', names: ['a.eml'] }, false],
])('looks into %s: %#', async (_what, more, looked) => {
  const part = partAt(0, 20, more);
  expect((await lookInside(content, [part], createMemoryArchives(), signal)).has(part)).toBe(looked);
});

it('a part that is too large to be read is unreadable, and the others are not', async () => {
  const parts = [partAt(0, 20, { names: ['film.mp4'] }), partAt(22, 43, { names: ['a.txt'] })];
  async function* read(range?: { readonly start: number; readonly end: number }): AsyncGenerator<Buffer> {
    if (range?.start === 0) throw new RangeError('part: too large');
    yield* content.read(range);
  }
  const found = await lookInside({ ...content, read }, parts, createMemoryArchives(), signal);
  expect([...found.values()].map((one) => one.unreadable)).toEqual([[{ path: 'film.mp4', problem: 'too-many-bytes' }], []]);
});

it('an answer that is too short is an error', async () => {
  const archives = { list: () => Promise.resolve([]) };
  await expect(lookInside(content, [partAt(0, 20)], archives, signal)).rejects.toThrow('a part without a report');
});
