import { ArchiveFault } from '@vratny/archive';
import { createMemoryArchives } from '@vratny/archive/memory';
import { createMemoryState } from '@vratny/state/memory';
import { describe, expect, it } from 'vitest';
import { openVisit } from '../model/gathering.ts';
import type { Ports } from '../model/ports.ts';
import { mailContext, messageContext, portsOf } from '../testing/contexts.fixture.ts';
import { attachments } from './attachments.ts';

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

  it('never counts a busy reader against the message', async () => {
    const archives = { list: () => Promise.reject(new ArchiveFault('busy', 'too many wait')) };
    for (let i = 0; i < 5; i += 1) expect(await find(withAttachment('a.zip', tarOf('x')), { archives })).toMatchObject({ known: false });
  });
});
