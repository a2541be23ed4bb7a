import { ArchiveFault } from '@vratny/archive';
import { createMemoryArchives } from '@vratny/archive/memory';
import { contentOf, type MessagePart } from '@vratny/message';
import { createMemoryState } from '@vratny/state/memory';
import { describe, expect, it, test } from 'vitest';
import type { Ports } from '../model/ports.ts';
import { openVisit } from '../model/visit.ts';
import { mailContext, messageContext, portsOf } from '../testing/contexts.fixture.ts';
import { attachments, createNameTurns, inspectParts } from './attachments.ts';

/** A message with one attachment of this name and content. */
function withAttachment(name: string, content: Buffer): string {
  return [
    'Subject: x',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'Hello.',
    '--b',
    `Content-Type: application/octet-stream; name="${name}"`,
    'Content-Transfer-Encoding: base64',
    `Content-Disposition: attachment; filename="${name}"`,
    '',
    content.toString('base64'),
    '--b--',
    '',
  ].join('\r\n');
}

/** A tar archive of one empty file. */
function tarOf(name: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 'latin1');
  header.write('0000644\0', 100, 'latin1');
  header.write('00000000000\0', 124, 'latin1');
  header.write('        ', 148, 'latin1');
  header.write('0ustar\0', 156, 'latin1');
  header.write('00', 263, 'latin1');
  const sum = header.reduce((total, octet) => total + octet, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([header, Buffer.alloc(1024)]);
}

function find(text: string, ports: Partial<Ports> = {}) {
  const given = portsOf({ archives: createMemoryArchives(), ...ports });
  return openVisit('mail', mailContext(), { ports: given, monotonicMs: () => 0 })
    .open('message', messageContext({}, text))
    .find(attachments);
}

describe('attachments', () => {
  it.each([
    ['a plain name', withAttachment('run.exe', Buffer.from('MZ')), ['run.exe']],
    ['a name as Windows opens it', withAttachment('run.EXE. ', Buffer.from('MZ')), ['run.EXE. ', 'run.EXE.']],
    ['in an archive', withAttachment('scan.tar', tarOf('sub/run.exe')), ['scan.tar/sub/run.exe']],
    ['nothing forbidden', withAttachment('scan.tar', tarOf('photo.jpg')), []],
    ['plain text', 'Subject: x\r\n\r\nsee run.exe on our page\r\n', []],
  ])('%s', async (_name, text, paths) => {
    const found = await find(text);
    if (!found.known) throw new Error(found.detail);
    expect(found.value.forbidden.map((file) => file.path)).toEqual(paths);
    expect(found.value).toMatchObject({ ambiguous: [], unreadable: [], crashes: false });
  });

  it('looks into every one of very many, and counts their names together', async () => {
    const part = (index: number, name: string) =>
      ['--b', `Content-Type: a/b; name=${index}.tar`, 'Content-Transfer-Encoding: base64', '', tarOf(name).toString('base64')].join('\r\n');
    const parts = Array.from({ length: 1200 }, (_, index) => part(index, index === 1199 ? 'run.exe' : 'photo.jpg'));
    const text = ['Content-Type: multipart/mixed; boundary=b', '', ...parts, '--b--', ''].join('\r\n');
    const found = await find(text);
    if (!found.known) throw new Error(found.detail);
    expect(found.value).toMatchObject({ unreadable: [], ambiguous: [], names: 2400 });
    expect(found.value.forbidden.map((file) => file.path)).toEqual(['1199.tar/run.exe']);
    expect(found.value.looked.filter((one) => one.report?.kinds.includes('tar'))).toHaveLength(1200);
  });

  it('says when an archive cannot be read', async () => {
    const found = await find(withAttachment('a.zip', Buffer.from('PK\u0003\u0004 cut off')));
    if (!found.known) throw new Error(found.detail);
    expect(found.value.unreadable.map((one) => one.path)).toContain('a.zip');
  });

  it('is a fault when the reader crashes, and the third time an answer', async () => {
    const state = createMemoryState();
    const archives = { list: () => Promise.reject(new ArchiveFault('crash', 'the reader ended')) };
    const attempt = () => find(withAttachment('a.zip', tarOf('x')), { archives, counters: state.counters });
    expect(await attempt()).toMatchObject({ known: false, kind: 'fault' });
    expect(await attempt()).toMatchObject({ known: false, kind: 'fault' });
    expect(await attempt()).toMatchObject({ known: true, value: { crashes: true } });
  });

  it.each(['busy', 'machine', 'closed'] as const)('never counts a reader that is %s against the message', async (kind) => {
    const archives = { list: () => Promise.reject(new ArchiveFault(kind, 'not the fault of the message')) };
    for (let i = 0; i < 5; i += 1) expect(await find(withAttachment('a.zip', tarOf('x')), { archives })).toMatchObject({ known: false });
  });
});

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
  expect((await inspectParts(content, [part], createMemoryArchives(), signal)).has(part)).toBe(looked);
});

it('a part that is too large to be read is unreadable, and the others are not', async () => {
  const parts = [partAt(0, 20, { names: ['film.mp4'] }), partAt(22, 43, { names: ['a.txt'] })];
  async function* read(range?: { readonly start: number; readonly end: number }): AsyncGenerator<Buffer> {
    if (range?.start === 0) throw new RangeError('part: too large');
    yield* content.read(range);
  }
  const found = await inspectParts({ ...content, read }, parts, createMemoryArchives(), signal);
  expect([...found.values()].map((one) => one.unreadable)).toEqual([[{ path: 'film.mp4', problem: 'too-many-bytes' }], []]);
});

it('an answer that is too short is an error', async () => {
  const archives = { list: () => Promise.resolve([]) };
  await expect(inspectParts(content, [partAt(0, 20)], archives, signal)).rejects.toThrow('a part without a report');
});

test.each([
  ['short names', 2_000, 'a.txt', 4, 10],
  ['long names', 2_000, 'x'.repeat(4_000), 300, 800],
])('gives way in time for %s', (_what, count, name, least, most) => {
  let given = 0;
  const turns = createNameTurns(() => {
    given += 1;
    return Promise.resolve();
  });
  for (let index = 0; index < count; index += 1) void turns(name);
  expect(given).toBeGreaterThanOrEqual(least);
  expect(given).toBeLessThanOrEqual(most);
});
