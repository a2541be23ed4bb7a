import { gzipSync } from 'node:zlib';
import { openSqliteRegister } from '@vratny/directory/sqlite';
import type { Content } from '@vratny/message';
import { eicarFile } from '@vratny/scanner/clamd';
import { type Rspamd, startRspamd } from '@vratny/support/rspamd';
import { startWorldHost, type WorldHost } from '@vratny/support/world-host';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tarFile, zipFile } from './archives.ts';
import { mailWith } from './mail.ts';

const MIB = 1024 * 1024;
const CLEAN = Buffer.from('nothing that anybody would look for');
const LIMITS = { message: '100MiB' };
const FROM = 'a@sender.test';
/** GTUBE in two halves, so that no file of this repository is spam itself. */
const GTUBE = `${'XJS*C4JDBQADN1.NSBN3*2IDNEN*'}${'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'}`;
const SPAM = `From: ${FROM}\r\nTo: you\r\nSubject: offer\r\nDate: Tue, 3 Nov 2026 10:00:00 +0000\r\nMessage-ID: <2@one.test>\r\n\r\n${GTUBE}\r\n`;

/** Sends a message; the reply to it, or the first refusal. */
async function send(host: WorldHost, to: readonly string[], raw: Buffer | string): Promise<string> {
  const transport = createTransport({ host: '127.0.0.1', port: host.mx.port, ignoreTLS: true, name: 'client.test' });
  try {
    const sent = await transport.sendMail({ envelope: { from: FROM, to: [...to] }, raw });
    return sent.response;
  } catch (error) {
    return error instanceof Error && 'response' in error ? String(error.response) : String(error);
  } finally {
    transport.close();
  }
}

async function bytesOf(content: Content): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const nested = () => zipFile('a.tgz', gzipSync(tarFile('b.zip', zipFile('c.txt', eicarFile()))));
const INFECTED: readonly [string, () => Content][] = [
  ['plain', () => mailWith(eicarFile())],
  ['in zip', () => mailWith(zipFile('a.txt', eicarFile()), { name: 'a.zip' })],
  ['in nested archives', () => mailWith(nested(), { name: 'a.zip' })],
];
/** It costs ClamAV ten seconds: once without a scanner, and once with everything that reads a message. */
const LARGE: (typeof INFECTED)[number] = ['at the end of 99 MB', () => mailWith(eicarFile(), { sizeBytes: 99 * MIB })];

describe.each([
  ['a10', 'alice@a.example.test', /^250 2\.0\.0 /u],
  ['b10', 'alice@b.example.test', /^554 5\.7\.1 .*[Ee]icar/u],
  ['c10', 'alice@c.example.test', /^554 5\.7\.1 .*[Ee]icar/u],
  ['d10', 'alice@example.test', /^554 5\.7\.1 .*[Ee]icar/u],
] as const)('a virus at %s', (id, mailbox, reply) => {
  let host: WorldHost;
  beforeAll(async () => {
    host = await startWorldHost({ host: id, site: { extra: { limits: LIMITS } } });
  });
  afterAll(() => host[Symbol.asyncDispose]());

  test.each(id === 'a10' || id === 'd10' ? [...INFECTED, LARGE] : INFECTED)('EICAR %s', async (_what, mail) => {
    const before = host.site.stored(mailbox).length;
    expect(await send(host, [mailbox], await bytesOf(mail()))).toMatch(reply);
    expect(host.site.stored(mailbox)).toHaveLength(id === 'a10' ? before + 1 : before);
  });

  test('clean mail is taken', async () => {
    expect(await send(host, [mailbox], await bytesOf(mailWith(CLEAN)))).toMatch(/^250 2\.0\.0 /u);
  });
});

describe('spam at d10', () => {
  let host: WorldHost;
  let rspamd: Rspamd;
  beforeAll(async () => {
    rspamd = await startRspamd();
    host = await startWorldHost({ site: { extra: { antispam: { rspamd: [rspamd.url] } } } });
    const register = await openSqliteRegister({ path: host.site.directoryFile, now: () => new Date() });
    await register.setAntispam('bob@example.test', true, 'test');
    await register.close();
  });
  afterAll(async () => {
    await host[Symbol.asyncDispose]();
    await rspamd[Symbol.asyncDispose]();
  });

  test('GTUBE is refused for a mailbox that has antispam on', async () => {
    expect(await send(host, ['bob@example.test'], SPAM)).toMatch(/^554 5\.7\.1 .*spam/u);
  });

  test('it is untouched for one that has it off', async () => {
    expect(await send(host, ['alice@example.test'], SPAM)).toMatch(/^250 /u);
    expect(host.site.stored('alice@example.test').at(-1)).not.toMatch(/^X-Spam/mu);
  });

  test('it is marked for the one and untouched for the other when it goes to both', async () => {
    expect(await send(host, ['alice@example.test', 'bob@example.test'], SPAM)).toMatch(/^250 /u);
    expect(host.site.stored('bob@example.test').at(-1)).toMatch(/^X-Spam-Flag: YES\r?$/mu);
    expect(host.site.stored('alice@example.test').at(-1)).not.toMatch(/^X-Spam/mu);
  });

  test('without rspamd mail for such a mailbox waits, and mail for others goes on', async () => {
    await rspamd.kill();
    expect(await send(host, ['bob@example.test'], SPAM)).toMatch(/^451 4\.3\.0 /u);
    expect(await send(host, ['alice@example.test'], SPAM)).toMatch(/^250 /u);
  });
});

/** Rules that decide without a score, as forced actions and rate limits do. */
const DECIDES = `
rspamd_config:register_symbol({
  name = 'TEST_DECIDES',
  type = 'prefilter',
  callback = function(task)
    local action = (task:get_subject() or ''):match('^decide: (.+)$')
    if action then task:set_pre_result(action, 'the test says so') end
  end,
})
`;

describe('what rspamd decides, whatever the score', () => {
  let host: WorldHost;
  let rspamd: Rspamd;
  beforeAll(async () => {
    rspamd = await startRspamd('', DECIDES);
    host = await startWorldHost({ site: { extra: { antispam: { rspamd: [rspamd.url], refuseScore: 1000, markScore: 1000 } } } });
    const register = await openSqliteRegister({ path: host.site.directoryFile, now: () => new Date() });
    await register.setAntispam('bob@example.test', true, 'test');
    await register.close();
  });
  afterAll(async () => {
    await host[Symbol.asyncDispose]();
    await rspamd[Symbol.asyncDispose]();
  });

  test.each([
    ['reject', /^554 5\.7\.1 .*spam/u],
    ['soft reject', /^451 4\.7\.1 /u],
    ['add header', /^250 /u],
    ['no action', /^250 /u],
  ])('%s', async (action, reply) => {
    const message = Buffer.from(`From: <a@sender.test>\r\nSubject: decide: ${action}\r\n\r\na letter\r\n`);
    expect(await send(host, ['bob@example.test'], message)).toMatch(reply);
    // Somebody who has antispam off gets it, and the other's copy is marked where the scanner refuses.
    expect(await send(host, ['alice@example.test', 'bob@example.test'], message)).toMatch(/^250 /u);
    const flag = action === 'reject' ? 'YES' : 'NO';
    expect(host.site.stored('bob@example.test').at(-1)).toMatch(new RegExp(`^X-Spam-Flag: ${flag}\\r?$`, 'mu'));
  });
});
