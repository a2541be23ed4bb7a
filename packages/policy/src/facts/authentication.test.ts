import { generateKeyPairSync } from 'node:crypto';
import { createMemoryDns, type MemoryRecords } from '@vratny/dns/memory';
import { type Content, contentOf } from '@vratny/message';
import { dkimSign } from 'mailauth/lib/dkim/sign.js';
import { describe, expect, it } from 'vitest';
import { DKIM_SIGNATURES_MAX } from '../limits.ts';
import { openVisit } from '../model/gathering.ts';
import type { MailContext } from '../model/stage.ts';
import { authenticationResults } from '../stamps/authentication-results.ts';
import { receivedSpf } from '../stamps/received-spf.ts';
import { messageContext, portsOf } from '../testing/contexts.ts';
import { authentication } from './authentication.ts';
import { spf } from './spf.ts';

const KEYS = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const KEY: MemoryRecords[string] = { TXT: [`v=DKIM1; k=rsa; p=${KEYS.publicKey.toString('base64')}`] };
const WORLD: MemoryRecords = {
  'sender.test': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] },
  's1._domainkey.sender.test': KEY,
  '_dmarc.sender.test': { TXT: ['v=DMARC1; p=reject'] },
};
const MESSAGE =
  'From: Somebody <a@sender.test>\r\nTo: alice@example.test\r\nSubject: hello\r\nDate: Mon, 06 Jan 2025 10:00:00 +0000\r\nMessage-ID: <1@sender.test>\r\n\r\nHello,\r\n..dots\r\n';

const SIGNATURE = { signingDomain: 'sender.test', selector: 's1', privateKey: KEYS.privateKey };

async function signed(message: string): Promise<string> {
  const { signatures } = await dkimSign(message, {
    canonicalization: 'relaxed/relaxed',
    algorithm: 'rsa-sha256',
    // Its types ask for one signature, its program for a list.
    ...SIGNATURE,
    signatureData: [SIGNATURE],
  });
  return `${signatures}${message}`;
}

async function visit(message: string, world: MemoryRecords, context: Partial<MailContext> = {}) {
  const dns = createMemoryDns(world);
  const options = { ports: portsOf({ dns }), monotonicMs: () => 0 };
  const message_ = messageContext({ ...context, content: contentOf(Buffer.from(message)) });
  const at = openVisit('mail', message_, options).open('message', message_);
  const [found, sender] = [await at.find(authentication), await at.find(spf)];
  const known = (fact: unknown) => (fact === authentication ? found : sender);
  const header = [authenticationResults, receivedSpf].map((stamp) => stamp.write(message_, known as never, { antispam: false }));
  return { found, header: header.join(''), dns };
}

describe('authentication', () => {
  it('says what it found about a message that is right', async () => {
    const { found, header } = await visit(await signed(MESSAGE), WORLD);
    expect(found).toMatchObject({ known: true, value: { summary: 'dkim=pass arc=none dmarc=pass' } });
    expect(header).toMatch(/^Authentication-Results: mx1d10\.example\.test;/u);
    for (const part of ['dkim=pass header.d=sender.test', 'spf=pass', 'smtp.mailfrom=sender.test', 'dmarc=pass']) {
      expect(header.replaceAll(/\s+/gu, ' ')).toContain(part);
    }
    expect(header).toMatch(/^Received-SPF: pass /mu);
  });

  it.each<[string, (message: string) => string, MemoryRecords, string]>([
    ['the body was changed', (text) => text.replace('Hello,', 'Hullo,'), WORLD, 'dkim=fail arc=none dmarc=pass'],
    ['the key is gone', (text) => text, { ...WORLD, 's1._domainkey.sender.test': {} }, 'dkim=neutral arc=none dmarc=pass'],
    ['the key cannot be had', (text) => text, { ...WORLD, 's1._domainkey.sender.test': 'servfail' }, 'dkim=temperror arc=none dmarc=pass'],
    ['no DMARC record', (text) => text, { ...WORLD, '_dmarc.sender.test': {} }, 'dkim=pass arc=none dmarc=none'],
    ['DMARC cannot be had', (text) => text, { ...WORLD, '_dmarc.sender.test': 'servfail' }, 'dkim=pass arc=none dmarc=temperror'],
    [
      'another author',
      (text) => text.replace('a@sender.test', 'a@bank.test'),
      { ...WORLD, '_dmarc.bank.test': { TXT: ['v=DMARC1; p=reject'] } },
      'dkim=fail arc=none dmarc=fail',
    ],
  ])('%s', async (_what, change, world, summary) => {
    const { found } = await visit(change(await signed(MESSAGE)), world);
    expect(found).toMatchObject({ known: true, value: { summary } });
  });

  it.each([
    ['no signature', MESSAGE],
    ['no header at all', '\r\nbody\r\n'],
    ['nothing', ''],
    ['two authors', `From: b@other.test\r\n${MESSAGE}`],
    ['a signature of nonsense', `DKIM-Signature: v=1; a=; b=;;;=\r\n${MESSAGE}`],
    ['ARC of nonsense', `ARC-Seal: i=99; cv=pass\r\nARC-Seal: i=99; cv=pass\r\n${MESSAGE}`],
    ['octets', `From: \u0000\u00ff <@>\r\nDKIM-Signature: \u00ff=\u00ff\r\n\r\n\u0000`],
  ])('%s: a result all the same', async (_what, message) => {
    expect((await visit(message, WORLD)).found).toMatchObject({ known: true });
  });

  it.each<[string, string, boolean]>([
    ['nobody signed it', MESSAGE, false],
    ['it has no body', 'Subject: x\r\n', false],
    ['a signature', `DKIM-Signature: v=1; bh=x\r\n${MESSAGE}`, true],
    ['a signature, with a space before its colon', `Dkim-signature : v=1; bh=x\r\n${MESSAGE}`, true],
    ['a seal', `ARC-Message-Signature: i=1\r\n${MESSAGE}`, true],
  ])('reads the body for its hash alone: %s', async (_what, text, whole) => {
    const content = contentOf(Buffer.from(text));
    let end = 0;
    const watched: Content = {
      ...content,
      read: (range) => {
        end = range?.end ?? content.sizeBytes;
        return content.read(range);
      },
    };
    const context = messageContext({ content: watched });
    const at = openVisit('mail', context, { ports: portsOf({ dns: createMemoryDns(WORLD) }), monotonicMs: () => 0 });
    expect(await at.open('message', context).find(authentication)).toMatchObject({ known: true });
    expect(end).toBe(whole ? text.length : (/\r\n\r\n/u.exec(text)?.index ?? text.length - 4) + 4);
  });

  it('does not check a message that is signed without end', async () => {
    const many = (await signed(MESSAGE)).split('From:')[0] ?? '';
    const { found, header, dns } = await visit(`${many.repeat(DKIM_SIGNATURES_MAX + 1)}${MESSAGE}`, WORLD);
    expect(found).toMatchObject({ known: true, value: { summary: 'dkim=policy' } });
    expect(header).toContain('dkim=policy');
    expect(header).toContain('spf=pass');
    expect(dns.queries.filter((query) => query.name.includes('_domainkey'))).toEqual([]);
    expect((await visit(`${many.repeat(DKIM_SIGNATURES_MAX)}${MESSAGE}`, WORLD)).found).not.toMatchObject({
      value: { summary: 'dkim=policy' },
    });
  });
});

describe('what strangers wrote forges no result', () => {
  const forged = 'x; dkim=pass header.d=bank.test; spf=pass';
  it.each<[string, Partial<MailContext>, string]>([
    ['the sender’s local part', { sender: { local: `a${forged}`, domain: 'sender.test' } }, MESSAGE],
    ['the sender’s local part, quoted', { sender: { local: `a"${forged}"`, domain: 'sender.test' } }, MESSAGE],
    ['the sender’s local part, with line ends', { sender: { local: `a\r\nX: ${forged}`, domain: 'sender.test' } }, MESSAGE],
    ['a comment', { sender: { local: `a)${forged}(`, domain: 'sender.test' } }, MESSAGE],
    ['the HELO name', { sender: null, helo: { verb: 'EHLO', name: `x;${forged.replaceAll(' ', '\u00a0')}` } }, MESSAGE],
    ['the author', {}, `From: <"${forged}"@sender.test>\r\n\r\nx\r\n`],
    [
      'a signature',
      {},
      `DKIM-Signature: v=1; a=rsa-sha256; d=sender.test (; dkim=pass); s=s1; i="${forged}"@sender.test; h=from; bh=AA==; b=AA==\r\n${MESSAGE}`,
    ],
  ])('%s', async (_what, context, message) => {
    const world = { ...WORLD, 'sender.test': { TXT: ['v=spf1 ?exists:%{l}.sender.test -all'] } };
    const { header } = await visit(message, world, context);
    const fields = header
      .replaceAll(/\r\n\t/gu, ' ')
      .split('\r\n')
      .filter((line) => line !== '');
    expect(fields.map((line) => line.split(':')[0])).toEqual(['Authentication-Results', 'Received-SPF']);
    // Outside quoted strings and comments there is no such result.
    const bare = (fields[0] ?? '').replaceAll(/"(?:[^"\\]|\\.)*"/gu, '""').replaceAll(/\((?:[^()\\]|\\.)*\)/gu, '()');
    expect(bare).not.toMatch(/dkim=pass|spf=pass|bank\.test/u);
  });
});
