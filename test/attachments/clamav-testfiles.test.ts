import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attachedFile } from '../corpus/case.ts';
import { RECIPIENT, sendMessage } from '../corpus/send.ts';
import { startWorldHost } from '../harness/world-host.ts';
import { whoUnpacks } from './unpack.ts';

/** Where Debian's clamav-testfiles puts them: files that wrap `clam.exe` in many formats. */
const FOLDER = '/usr/share/clamav-testfiles';

/** What is taken, and why: none of the unpackers gets a file called clam.exe out of it. What is in them is for the antivirus. */
const TAKEN: Readonly<Record<string, string>> = {
  'clam.exe.html': 'a page with the file as text in a script: nothing that an unpacker opens or that has a name',
  'clam.exe.mbox.base64': 'a mailbox file, not a message: no mail reader opens it from a mail',
  'clam.exe.mbox.uu': 'a mailbox file, not a message: no mail reader opens it from a mail',
  'clam.exe.rtf': 'the file stands in hexadecimal inside the text, as an object that only Word shows',
  'clam.mail': 'a mailbox file, not a message: no mail reader opens it from a mail',
  'clam.pdf': 'a document that embeds the file: PDF is no archive of the list',
  'clam.ppt': 'a document that embeds the file in a compressed object without its name in a directory',
  'clam.sis': 'an installer of Symbian, which no unpacker here reads',
};

interface Row {
  readonly file: string;
  readonly unpackedBy: readonly string[];
  readonly reply: string;
}

test('every file from which an unpacker gets clam.exe is refused by c10; the table says why the others are taken', async () => {
  await using host = await startWorldHost({ host: 'c10', site: { extra: { limits: { message: '4MiB' } } } });
  const rows: Row[] = [];
  for (const file of readdirSync(FOLDER)) {
    const unpackedBy = await whoUnpacks(join(FOLDER, file), 'clam.exe');
    const reply = await sendMessage(host.mx.port, attachedFile(file, readFileSync(join(FOLDER, file))));
    rows.push({ file, unpackedBy, reply });
  }
  print(rows);
  expect(rows.length).toBeGreaterThan(40);
  expect(rows.filter((row) => row.unpackedBy.length > 0).length).toBeGreaterThan(10);
  for (const { file, unpackedBy, reply } of rows) {
    const where = `${file} (${unpackedBy.join(', ') || 'no unpacker'}): ${reply}`;
    if (unpackedBy.length > 0) expect(reply, where).toMatch(/^554 5\.7\.1 /u);
    expect(/^554 5\.7\.1 ".*": files ending in/u.test(reply) || TAKEN[file] !== undefined, where).toBe(true);
  }
  const taken = rows.filter((row) => row.reply.startsWith('250'));
  expect(taken.map((row) => row.file).toSorted()).toEqual(Object.keys(TAKEN).toSorted());
  expect(host.site.stored(RECIPIENT)).toHaveLength(taken.length);
});

function print(rows: readonly Row[]): void {
  const cells = rows.map(({ file, unpackedBy, reply }) => {
    const outcome = reply.startsWith('250') ? `taken: ${TAKEN[file] ?? 'nobody knows why'}` : reply.slice(0, 90);
    return `${file.padEnd(24)} ${(unpackedBy.join(', ') || '-').padEnd(18)} ${outcome}`;
  });
  process.stdout.write(`${cells.join('\n')}\n`);
}
