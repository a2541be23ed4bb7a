import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { startProgram } from '@vratny/daemons';
import { openSqliteRegister } from '@vratny/directory/sqlite';
import { startClamd } from '@vratny/support/clamd';
import { fixture } from '@vratny/support/corpus/archives/fixture';
import { startLmtpServer } from '@vratny/support/lmtp-server';
import { mxArguments, ROOT, type RunningMx, untilListening } from '@vratny/support/mx';
import { startRspamd } from '@vratny/support/rspamd';
import { runToEnd } from '@vratny/support/running-program';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { makeWorldSite } from '@vratny/support/world-host';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { zipFile } from './archives.ts';
import { mailWith } from './mail.ts';

const BUILD = join(ROOT, 'build', 'build.ts');
const BUILD_TEST_MS = 240_000;
const MAX_BYTES = 125_000_000;
const FROM = 'a@sender.test';
/** GTUBE in two halves, so that no file of this repository is spam itself. */
const GTUBE = `${'XJS*C4JDBQADN1.NSBN3*2IDNEN*'}${'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'}`;

const folder = makeTemporaryFolder('executable');
const executable = join(folder.path, 'vratny');
/** No PATH, no HOME, and an option of Node that is none. */
const BARE = ['-i', 'NODE_OPTIONS=--no-such-option'];
const call = (...words: readonly string[]) => runToEnd('/usr/bin/env', [...BARE, executable, ...words], { cwd: folder.path });

async function build(out: string): Promise<void> {
  const made = startProgram(process.execPath, [BUILD, '--out', out]);
  if ((await made.ended) !== 0) throw new Error(made.stderr());
}

beforeAll(() => build(folder.path), BUILD_TEST_MS);
afterAll(() => folder[Symbol.dispose]());

describe('the executable', () => {
  test('is small enough, and a second build is equal to the bit', { timeout: BUILD_TEST_MS }, async () => {
    expect(statSync(executable).size).toBeLessThan(MAX_BYTES);
    await build(join(folder.path, 'again'));
    for (const file of ['vratny', 'vratny.cdx.json']) {
      const digest = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
      expect(digest(join(folder.path, 'again', file))).toBe(digest(join(folder.path, file)));
    }
  });

  test.each(['mx', 'mxctl', 'panel'])('runs %s without PATH, whatever NODE_OPTIONS says; so does a link with its name', async (program) => {
    const version = new RegExp(`^${program} \\d+\\.\\d+\\.\\d+ \\(.+\\)\n$`, 'u');
    expect((await call(program, '--version')).stdout()).toMatch(version);
    expect((await call(program, '--help')).stdout()).toMatch(new RegExp(`^Usage: ${program} `, 'u'));
    const wrong = await call(program, '--no-such-flag');
    expect({ code: wrong.ending(), said: wrong.stderr() }).toEqual({
      code: 64,
      said: expect.stringContaining(program === 'mx' ? '--config' : '--no-such-flag'),
    });
    mkdirSync(join(folder.path, 'bin'), { recursive: true });
    symlinkSync(executable, join(folder.path, 'bin', program));
    const linked = await runToEnd('/usr/bin/env', [...BARE, join(folder.path, 'bin', program), '--version']);
    expect(linked.stdout()).toMatch(version);
  });

  test('names version, programs and licences; another program is wrong usage', async () => {
    expect((await call('--version')).stdout()).toMatch(/^vratny \d+\.\d+\.\d+ \(.+\)\n$/u);
    expect((await call('--help')).stdout()).toContain('mxctl');
    const wrong = await call('sendmail');
    expect([wrong.ending(), wrong.stderr()]).toEqual([64, 'vratny: there is no program sendmail\nTry: vratny --help\n']);
    const licenses = (await call('--licenses')).stdout();
    const bill: { components: { name: string; version: string; licenses: unknown[] }[] } = JSON.parse(
      readFileSync(`${executable}.cdx.json`, 'utf8'),
    );
    const names = bill.components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['7z-wasm', 'node-unrar-js', 'mailauth', 'smtp-server', 'zod']));
    expect(names.some((name) => name.startsWith('node-linux-'))).toBe(true);
    for (const { name, version } of bill.components) expect(licenses).toContain(`\n${name} ${version}: `);
    expect(JSON.stringify(bill)).not.toContain('NOASSERTION');
  });
});

describe('mx out of the executable, in an empty folder and environment', () => {
  const stack = new AsyncDisposableStack();
  let mx: RunningMx;
  let taken: () => readonly Buffer[];

  beforeAll(async () => {
    const lmtp = stack.use(await startLmtpServer());
    const { tcp } = stack.use(await startClamd());
    const rspamd = stack.use(await startRspamd());
    if (tcp.kind !== 'tcp') throw new Error('clamd has no port');
    const extra = { delivery: lmtp.url, antivirus: { clamd: [`tcp://${tcp.host}:${tcp.port}`] }, antispam: { rspamd: [rspamd.url] } };
    const site = stack.use(await makeWorldSite({ extra }));
    const register = await openSqliteRegister({ path: site.directoryFile, now: () => new Date() });
    await register.setAntispam('bob@example.test', true, 'test');
    await register.close();
    taken = () => lmtp.taken.map(({ bytes }) => bytes);
    const [, ...words] = mxArguments({ siteFile: site.siteFile, host: 'd10', workers: 2 });
    const empty = stack.use(makeTemporaryFolder('empty'));
    const program = startProgram('/usr/bin/env', [...BARE, executable, 'mx', ...words], { cwd: empty.path });
    stack.defer(async () => void (await program.stop()));
    mx = await untilListening(program);
  }, BUILD_TEST_MS);
  afterAll(() => stack.disposeAsync());

  async function send(to: string, raw: Buffer | string): Promise<string> {
    const transport = createTransport({ host: '127.0.0.1', port: mx.port, tls: { rejectUnauthorized: false }, name: 'client.test' });
    try {
      return (await transport.sendMail({ envelope: { from: FROM, to: [to] }, raw })).response;
    } catch (error) {
      return error instanceof Error && 'response' in error ? String(error.response) : String(error);
    } finally {
      transport.close();
    }
  }

  async function sendFile(name: string, file: Buffer): Promise<string> {
    const pieces: Buffer[] = [];
    for await (const piece of mailWith(file, { name }).read()) pieces.push(Buffer.from(piece));
    return send('alice@example.test', Buffer.concat(pieces));
  }

  test('a message comes to the store', async () => {
    expect(await sendFile('note.txt', Buffer.from('seen by nobody else'))).toMatch(/^250 2\.0\.0 /u);
    expect(taken().at(-1)?.toString('latin1')).toContain(Buffer.from('seen by nobody else').toString('base64'));
  });

  test.each([
    ['a program in tar.xz in zip', () => sendFile('a.zip', zipFile('b.tar.xz', fixture('tar-xz-good')))],
    ['a program in rar', () => sendFile('a.rar', fixture('rar5-good'))],
    ['a program in 7z', () => sendFile('a.7z', fixture('7z-good'))],
  ])('%s is refused', async (_what, sent) => {
    const before = taken().length;
    expect(await sent()).toMatch(/^554 5\.7\.1 .*run\.exe/u);
    expect(taken()).toHaveLength(before);
  });

  test('spam is refused by rspamd', async () => {
    const spam = `From: ${FROM}\r\nTo: bob@example.test\r\nSubject: offer\r\nDate: Tue, 3 Nov 2026 10:00:00 +0000\r\nMessage-ID: <2@one.test>\r\n\r\n${GTUBE}\r\n`;
    expect(await send('bob@example.test', spam)).toMatch(/^554 5\.7\.1 .*spam/u);
  });

  test('it ends by SIGTERM with 0', async () => {
    mx.signal('SIGTERM');
    expect(await mx.ended).toBe(0);
  });
});
