import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attachedFile, BASE64, base64, single } from '@vratny/support/corpus/case';
import { runToEnd } from '@vratny/support/running-program';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { type OrdinaryMessage, withCrlf } from './message.ts';

type Run = (command: string, ...args: readonly string[]) => Promise<string>;

/** Mail as git, OpenSSL and GnuPG make it, and archives of zip, 7-Zip, tar and others as attachments. */
export async function programMail(): Promise<readonly OrdinaryMessage[]> {
  using folder = makeTemporaryFolder('ordinary');
  const run: Run = async (command, ...args) => {
    const program = await runToEnd(command, args, { cwd: folder.path });
    if (program.ending() !== 0) throw new Error(`${command} ${args.join(' ')}: ${program.stderr()}${program.stdout()}`);
    return program.stdout();
  };
  writeFileSync(join(folder.path, 'text.txt'), 'Hello,\n\nplease see run.exe on our page.\n');
  return [
    ...(await gitMail(folder.path, run)),
    ...(await smime(folder.path, run)),
    ...(await pgp(folder.path, run)),
    ...(await archives(folder.path, run)),
  ];
}

async function gitMail(folder: string, run: Run): Promise<readonly OrdinaryMessage[]> {
  const git: Run = (...args) =>
    run('git', '-c', 'user.name=Anna', '-c', 'user.email=a@sender.test', '-C', join(folder, 'project'), ...args);
  await run('git', 'init', '-q', 'project');
  for (const [name, text] of [
    ['a.txt', 'one\n'],
    ['š.txt', 'dva\n'],
    ['begin.txt', 'begin 644 a\n'],
  ] as const) {
    writeFileSync(join(folder, 'project', name), text);
    await git('add', '.');
    await git('commit', '-q', '-m', `Add ${name}`);
  }
  writeFileSync(join(folder, 'project', 'a.bin'), Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7919) % 256)));
  await git('add', '.');
  await git('commit', '-q', '-m', 'Add a binary file');
  const ways = [
    [],
    ['--attach'],
    ['--inline'],
    ['--binary'],
    ['--cover-letter'],
    ['--binary', '--attach'],
    ['--thread=deep'],
    ['--signature=x'],
  ];
  const made: OrdinaryMessage[] = [];
  for (const way of ways) {
    const mbox = await git('format-patch', '--stdout', '--root', ...way);
    const mails = mbox.split(/^From [0-9a-f]{40} .*\n/mu).filter((mail) => mail !== '');
    made.push(
      ...mails.map((mail, index) => ({ what: `git format-patch ${way.join(' ')} ${index + 1}`, message: withCrlf(Buffer.from(mail)) })),
    );
  }
  return made;
}

async function smime(folder: string, run: Run): Promise<readonly OrdinaryMessage[]> {
  await run(
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'key.pem',
    '-out',
    'cert.pem',
    '-days',
    '2',
    '-subj',
    '/CN=a@sender.test',
  );
  const head = ['-from', 'a@sender.test', '-to', 'alice@c.example.test', '-subject', 'S/MIME', '-in', 'text.txt'];
  const sign = ['-sign', '-signer', 'cert.pem', '-inkey', 'key.pem', ...head];
  const made: OrdinaryMessage[] = [];
  for (const tool of ['smime', 'cms']) {
    for (const [what, args] of [
      ['signed', [...sign, '-text']],
      ['signed, opaque', [...sign, '-text', '-nodetach']],
      ['signed without certificate', [...sign, '-nocerts']],
      ['signed, opaque, of text without a header', [...sign, '-nodetach']],
      ['encrypted', ['-encrypt', '-aes256', ...head, 'cert.pem']],
    ] as const) {
      made.push({ what: `openssl ${tool}: ${what}`, message: withCrlf(await run('openssl', tool, ...args)) });
    }
  }
  writeFileSync(join(folder, 'signed.eml'), made[0]?.message ?? '');
  const both = await run(
    'openssl',
    'cms',
    '-encrypt',
    '-aes256',
    '-from',
    'a@sender.test',
    '-to',
    'b@c',
    '-subject',
    'both',
    '-in',
    'signed.eml',
    'cert.pem',
  );
  return [...made, { what: 'openssl: signed and encrypted', message: withCrlf(both) }];
}

async function pgp(folder: string, run: Run): Promise<readonly OrdinaryMessage[]> {
  const home = join(folder, 'gnupg');
  mkdirSync(home, { mode: 0o700 });
  const gpg: Run = (...args) =>
    run(
      'gpg',
      '--homedir',
      home,
      '--batch',
      '--yes',
      '--armor',
      '--pinentry-mode',
      'loopback',
      '--passphrase',
      '',
      '--trust-model',
      'always',
      ...args,
    );
  await gpg('--quick-generate-key', 'a@sender.test', 'ed25519', 'default', '1d');
  await gpg('--quick-generate-key', 'cipher@sender.test', 'future-default', 'default', '1d');
  const encrypted = withCrlf(await gpg('--encrypt', '-r', 'cipher@sender.test', '-o', '-', 'text.txt'));
  const signature = withCrlf(await gpg('--detach-sign', '-o', '-', 'text.txt'));
  const clear = withCrlf(await gpg('--clear-sign', '-o', '-', 'text.txt'));
  const key = withCrlf(await gpg('--export', 'a@sender.test'));
  await run('gpgconf', '--homedir', home, '--kill', 'all');
  const part = (...rows: readonly (string | Buffer)[]) => ['--bb', ...rows];
  const mime = (field: string, ...rows: readonly (string | Buffer)[]) => single([field], [...rows, '--bb--']);
  const pgpEncrypted = 'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="bb"';
  const pgpSigned = 'Content-Type: multipart/signed; micalg=pgp-sha512; protocol="application/pgp-signature"; boundary="bb"';
  return [
    {
      what: 'gpg: PGP/MIME encrypted',
      message: mime(
        pgpEncrypted,
        ...part('Content-Type: application/pgp-encrypted', '', 'Version: 1'),
        ...part('Content-Type: application/octet-stream; name="encrypted.asc"', '', encrypted),
      ),
    },
    {
      what: 'gpg: PGP/MIME signed',
      message: mime(
        pgpSigned,
        ...part('Content-Type: text/plain', '', 'Hello'),
        ...part('Content-Type: application/pgp-signature; name="signature.asc"', '', signature),
      ),
    },
    { what: 'gpg: encrypted in the text', message: single([], [encrypted]) },
    { what: 'gpg: signed in the text', message: single([], [clear]) },
    { what: 'gpg: a key', message: attachedFile('key.asc', key, 'application/pgp-keys') },
    { what: 'gpg: an encrypted file', message: attachedFile('report.pdf.pgp', encrypted) },
    { what: 'gpg: a key in base64 text', message: single(['Content-Type: text/plain', BASE64], [base64(key)]) },
  ];
}

const COMMANDS: readonly (readonly [name: string, command: string, ...args: readonly string[]])[] = [
  ['plain.zip', 'zip', '-rq', 'plain.zip', 'files'],
  ['password.zip', 'zip', '-rqP', 'secret', 'password.zip', 'files'],
  ['stored.zip', 'zip', '-rq0', 'stored.zip', 'files'],
  ['streamed.zip', 'sh', '-c', 'cat text.txt | zip -q - - > streamed.zip'],
  ['bzip2.zip', 'zip', '-rqZ', 'bzip2', 'bzip2.zip', 'files'],
  ['split-names.docx', 'zip', '-rqX', 'split-names.docx', 'files'],
  ['plain.7z', '7z', 'a', 'plain.7z', 'files'],
  ['password.7z', '7z', 'a', '-psecret', 'password.7z', 'files'],
  ['headers.7z', '7z', 'a', '-psecret', '-mhe=on', 'headers.7z', 'files'],
  ['aes.zip', '7z', 'a', '-tzip', '-psecret', '-mem=AES256', 'aes.zip', 'files'],
  ['lzma.zip', '7z', 'a', '-tzip', '-mm=LZMA', 'lzma.zip', 'files'],
  ['deflate64.zip', '7z', 'a', '-tzip', '-mm=Deflate64', 'deflate64.zip', 'files'],
  ['image.wim', '7z', 'a', '-twim', 'image.wim', 'files'],
  ['plain.tar', 'tar', 'cf', 'plain.tar', 'files'],
  ['plain.tar.gz', 'tar', 'czf', 'plain.tar.gz', 'files'],
  ['sparse.tar', 'tar', '--format=posix', '-cSf', 'sparse.tar', 'files'],
  ['bsd.tar', 'bsdtar', '-cf', 'bsd.tar', 'files'],
  ['bsd.pax', 'bsdtar', '--format', 'pax', '-cf', 'bsd.pax', 'files'],
  ['bsd.cpio', 'bsdtar', '--format', 'newc', '-cf', 'bsd.cpio', 'files'],
  ['bsd.zip', 'bsdtar', '--format', 'zip', '-cf', 'bsd.zip', 'files'],
  ['bsd.iso', 'bsdtar', '--format', 'iso9660', '-cf', 'bsd.iso', 'files'],
  ['bsd.xar', 'bsdtar', '--format', 'xar', '-cf', 'bsd.xar', 'files'],
  ['bsd.ar', 'bsdtar', '--format', 'arbsd', '-cf', 'bsd.ar', '-C', 'files', 'a.txt', 'a name that is long.txt'],
  ['gnu.a', 'bsdtar', '--format', 'arsvr4', '-cf', 'gnu.a', '-C', 'files', 'a.txt', 'a name that is long.txt'],
  ['bsd.tar.zst', 'bsdtar', '--zstd', '-cf', 'bsd.tar.zst', 'files'],
  ['bsd.tar.lz4', 'bsdtar', '--lz4', '-cf', 'bsd.tar.lz4', 'files'],
];

async function archives(folder: string, run: Run): Promise<readonly OrdinaryMessage[]> {
  const files = join(folder, 'files');
  mkdirSync(join(files, 'example.com'), { recursive: true });
  const content: readonly (readonly [name: string, text: string])[] = [
    ['a.txt', 'text\n'.repeat(30)],
    ['odd.csv', 'a,b\n1'],
    ['empty.md', ''],
    ['a name that is long.txt', 'x\n'],
    ['účet.pdf', '%PDF-1.4\n'],
    ['example.com/index.html', '<p>x</p>\n'],
  ];
  for (const [name, text] of content) writeFileSync(join(files, name), text);
  const made: OrdinaryMessage[] = [];
  for (const [name, command, ...args] of COMMANDS) {
    await run(command, ...args);
    made.push({ what: `${command}: ${name}`, message: attachedFile(name, readFileSync(join(folder, name))) });
  }
  return made;
}
