import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attachedFile } from '@vratny/support/corpus/case';
import { RECIPIENT, sendMessage } from '@vratny/support/corpus/send';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { startWorldHost } from '@vratny/support/world-host';
import { expect, test } from 'vitest';
import { findUnpackers, whoUnpacks } from './unpack.ts';

/** Where Debian's clamav-testfiles puts them: files that wrap `clam.exe` in many formats. */
const FOLDER = '/usr/share/clamav-testfiles';
const WANTED = 'clam.exe';
/** Under a name of no program and no archive, so that what is inside must decide. */
const HARMLESS = 'photo.bin';
const REFUSED = /^554 5\.7\.1 ".*": files ending in/u;

/** What is taken, and why: none of the unpackers gets a file called clam.exe out of it. What is in them is for the antivirus. */
const TAKEN: Readonly<Record<string, string>> = {
  'clam.exe.html': 'a page with the file as text in a script: nothing that an unpacker opens or that has a name',
  'clam.exe.mbox.base64': 'a mailbox file, not a message: no mail reader opens it from a mail',
  'clam.pdf': 'a document that embeds the file: PDF is no archive of the list',
  'clam.sis': 'an installer of Symbian, which no unpacker here reads',
};

interface Row {
  readonly file: string;
  readonly unpackedBy: readonly string[];
  readonly reply: string;
  /** The same under the harmless name: unpackers make some names from the outer one. */
  readonly harmlessUnpackedBy: readonly string[];
  readonly harmlessReply: string;
}

test('every file from which an unpacker gets clam.exe is refused by c10, however it is called; the table says why others are taken', async () => {
  await using host = await startWorldHost({ host: 'c10', site: { extra: { limits: { message: '4MiB' } } } });
  const rows = await tryAll(host.mx.port);
  print(rows);
  expect(rows.length).toBeGreaterThan(40);
  expect(rows.filter((row) => row.unpackedBy.length > 0).length).toBeGreaterThan(10);
  for (const { file, unpackedBy, reply, harmlessUnpackedBy, harmlessReply } of rows) {
    const where = `${file} (${unpackedBy.join(', ') || 'no unpacker'}): ${reply}; as ${HARMLESS}: ${harmlessReply}`;
    expect(REFUSED.test(reply) || TAKEN[file] !== undefined, where).toBe(true);
    if (unpackedBy.length > 0) expect(reply, where).toMatch(REFUSED);
    if (harmlessUnpackedBy.length > 0) expect(harmlessReply, where).toMatch(REFUSED);
  }
  const taken = rows.filter((row) => row.reply.startsWith('250'));
  expect(taken.map((row) => row.file).toSorted()).toEqual(Object.keys(TAKEN).toSorted());
  const takenAsHarmless = rows.filter((row) => row.harmlessReply.startsWith('250'));
  expect(host.site.stored(RECIPIENT)).toHaveLength(taken.length + takenAsHarmless.length);
});

async function tryAll(port: number): Promise<readonly Row[]> {
  using scratch = makeTemporaryFolder('harmless');
  const unpackers = await findUnpackers();
  process.stdout.write(`unpacked with ${unpackers.map((one) => one.name).join(', ')}\n`);
  const rows: Row[] = [];
  for (const file of readdirSync(FOLDER)) {
    const path = join(FOLDER, file);
    const harmless = join(scratch.path, HARMLESS);
    copyFileSync(path, harmless);
    const content = readFileSync(path);
    rows.push({
      file,
      unpackedBy: await whoUnpacks(unpackers, path, WANTED),
      reply: await sendMessage(port, attachedFile(file, content)),
      harmlessUnpackedBy: await whoUnpacks(unpackers, harmless, WANTED),
      harmlessReply: await sendMessage(port, attachedFile(HARMLESS, content)),
    });
  }
  return rows;
}

function print(rows: readonly Row[]): void {
  const cells = rows.map(({ file, unpackedBy, reply, harmlessReply }) => {
    const outcome = reply.startsWith('250') ? `taken: ${TAKEN[file] ?? 'nobody knows why'}` : reply.slice(0, 90);
    const inside = harmlessReply.startsWith('250') ? 'by its name' : 'by what is in it';
    return `${file.padEnd(24)} ${(unpackedBy.join(', ') || '-').padEnd(24)} ${outcome}${reply.startsWith('250') ? '' : ` (${inside})`}`;
  });
  process.stdout.write(`${cells.join('\n')}\n`);
}
