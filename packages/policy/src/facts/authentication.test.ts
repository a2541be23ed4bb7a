import { generateKeyPairSync } from 'node:crypto';
import { createMemoryDns, type MemoryRecords } from '@vratny/dns/memory';
import { type Content, contentOf } from '@vratny/message';
import { dkimSign } from 'mailauth/lib/dkim/sign.js';
import { describe, expect, it } from 'vitest';
import { DKIM_SIGNATURES_MAX } from '../limits.ts';
import type { MailContext } from '../model/stage.ts';
import { openVisit } from '../model/visit.ts';
import { authenticationResults, receivedSpf } from '../stamps/authentication.ts';
import { messageContext, portsOf } from '../testing/contexts.fixture.ts';
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

const SIGNED = 'v=1; a=rsa-sha256; d=sender.test; s=s1; h=from; bh=eA==; b=eA==';
const ARC_SET =
  'ARC-Seal: i=1; a=rsa-sha256; cv=none; d=sender.test; s=s1; b=eA==\r\n' +
  'ARC-Message-Signature: i=1; a=rsa-sha256; d=sender.test; s=s1; h=from; bh=eA==; b=eA==\r\n' +
  'ARC-Authentication-Results: i=1; mx.test; spf=pass\r\n';
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
    expect(found.known && authentication.describe(found.value)).toBe('dkim=pass arc=none dmarc=pass; signed by sender.test');
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
    ['a signature that says too little', `DKIM-Signature: v=1; bh=x\r\n${MESSAGE}`, false],
    ['a signature', `DKIM-Signature: ${SIGNED}\r\n${MESSAGE}`, true],
    ['a signature, with a space before its colon', `Dkim-signature : ${SIGNED}\r\n${MESSAGE}`, true],
    ['a seal', `${ARC_SET}${MESSAGE}`, true],
  ])('reads the body for its hash alone: %s', async (_what, text, whole) => {
    const content = contentOf(Buffer.from(text));
    let bodyRead = false;
    const watched: Content = {
      ...content,
      read: (range) => {
        bodyRead ||= (range?.start ?? 0) > 0;
        return content.read(range);
      },
    };
    const context = messageContext({ content: watched });
    const at = openVisit('mail', context, { ports: portsOf({ dns: createMemoryDns(WORLD) }), monotonicMs: () => 0 });
    expect(await at.open('message', context).find(authentication)).toMatchObject({ known: true });
    expect(bodyRead).toBe(whole);
  });

  it('does not check a message that is signed without end', async () => {
    const many = (await signed(MESSAGE)).split('From:')[0] ?? '';
    const { found, header, dns } = await visit(`${many.repeat(DKIM_SIGNATURES_MAX + 1)}${MESSAGE}`, WORLD);
    expect(found).toMatchObject({ known: true, value: { summary: 'dkim=permerror arc=none dmarc=permerror' } });
    const line = header.replaceAll(/\s+/gu, ' ');
    expect(line).toContain('dkim=permerror (more than 10 signatures, none was checked)');
    expect(line).toContain('dmarc=permerror (more than 10 signatures, none was checked)');
    expect(line).toContain('spf=pass');
    expect(dns.queries.filter((query) => query.name.includes('_domainkey'))).toEqual([]);
    const { found: most } = await visit(`${many.repeat(DKIM_SIGNATURES_MAX)}${MESSAGE}`, WORLD);
    expect(most).toMatchObject({ value: { summary: `${'dkim=pass '.repeat(DKIM_SIGNATURES_MAX)}arc=none dmarc=pass` } });
  });

  it.each<[string, string, RegExp]>([
    ['two From fields', 'From: a@sender.test\r\nFrom: b@other.test\r\n', /several From fields/u],
    ['two addresses that no comma divides', 'From: a@sender.test b@other.test\r\n', /read in several ways/u],
    ['two addresses in brackets', 'From: <a@sender.test> <b@other.test>\r\n', /read in several ways/u],
    ['two From fields of one domain', 'From: a@sender.test\r\nFrom: b@sender.test\r\n', /several From fields/u],
    ['two From fields, one with a space before its colon', 'From: a@sender.test\r\nFrom : b@other.test\r\n', /several From fields/u],
    ['two From fields, one folded before its colon', 'From: a@sender.test\r\nFrom\r\n : b@other.test\r\n', /several From fields/u],
    ['two From fields, the first line with white space before it', ' From: a@sender.test\r\nFrom: b@other.test\r\n', /several From/u],
    ['two From fields in other case', 'FROM: a@sender.test\r\nfrom: b@other.test\r\n', /several From fields/u],
    ['two domains', 'From: a@sender.test, b@other.test\r\n', /several domains/u],
    ['two domains, folded', 'From: a@sender.test,\r\n b@other.test\r\n', /several domains/u],
    ['two domains in a group', 'From: Team: a@sender.test, b@other.test;\r\n', /several domains/u],
    ['a domain inside and outside a group', 'From: Team: a@sender.test;, b@other.test\r\n', /several domains/u],
    ['two domains with comments', 'From: a@sender.test (x), (y) b@other.test\r\n', /several domains/u],
    ['two signs', 'From: a@sender.test@other.test\r\n', /several domains/u],
    ['no From', 'Subject: x\r\n', /no author/u],
    ['an empty From', 'From:\r\nSubject: x\r\n', /no author/u],
    ['an empty group', 'From: undisclosed:;\r\n', /no author/u],
    ['a name alone', 'From: Somebody\r\n', /no author/u],
    ['an empty address', 'From: <>\r\n', /no author/u],
    ['a very long address', `From: a@${'x.'.repeat(500)}test\r\n`, /more than 512 characters/u],
    ['very many authors', `From: ${'a@sender.test, '.repeat(2000)}a@sender.test\r\n`, /more than 16384 octets/u],
  ])('says that nobody clear is the author: %s', async (_what, fields, reason) => {
    const { found, header } = await visit(`${fields}\r\nbody\r\n`, WORLD);
    expect(found).toMatchObject({ known: true, value: { summary: 'dkim=none arc=none dmarc=permerror' } });
    expect(/dmarc=permerror \(([^)]*)\)/u.exec(header.replaceAll(/\s+/gu, ' '))?.[1]).toMatch(reason);
  });

  it.each([
    ['a comment with another address', 'From: a@sender.test (b@other.test)'],
    ['a name that is an address', 'From: "b@other.test" <a@sender.test>'],
    ['a comment before it', 'From: (b@other.test) <a@sender.test>'],
    ['two authors of one domain', 'From: a@sender.test, b@sender.test'],
    ['a group of one domain', 'From: Team: a@sender.test, b@SENDER.test;'],
    ['a domain with a dot at its end', 'From: a@sender.test.'],
    ['an author without a domain beside one with', 'From: a@sender.test, b'],
    ['a comment alone', 'From: (a@sender.test)'],
    ['a quoted address alone', 'From: "a@sender.test"'],
    ['folds', 'From: Somebody\r\n <a@sender.test>'],
    ['Resent-From of somebody else', 'From: a@sender.test\r\nResent-From: b@other.test'],
  ])('knows the author: %s', async (_what, field) => {
    expect((await visit(`${field}\r\n\r\nbody\r\n`, WORLD)).found).toMatchObject({ known: true, value: { summary: /dmarc=pass$/u } });
  });

  it.each<[string, string, RegExp]>([
    [
      'a signature that is too long',
      `DKIM-Signature: ${SIGNED}; z=${'x'.repeat(20_000)}\r\n`,
      /dkim=permerror \(a signature of more than 16384 octets\)/u,
    ],
    [
      'white space without end',
      `DKIM-Signature: ${SIGNED}; z=x${' '.repeat(300)}y\r\n`,
      /dkim=permerror \(more than 256 octets of white space/u,
    ],
    [
      'other scripts without end',
      `DKIM-Signature: ${SIGNED}; i=${'é'.repeat(300)}@sender.test\r\n`,
      /dkim=permerror \(more than 512 octets outside/u,
    ],
    [
      'signed names without end',
      `DKIM-Signature: ${SIGNED.replace('h=from', `h=from${':a'.repeat(300)}`)}\r\n`,
      /dkim=permerror \(more than 200 signed/u,
    ],
    ['tags without end', `DKIM-Signature: ${SIGNED}${'; z=x'.repeat(200)}\r\n`, /dkim=permerror \(more than 128 tags/u],
    [
      'signed fields without end',
      `To: ${'a@b.test,\r\n '.repeat(30_000)}a@b.test\r\nDKIM-Signature: ${SIGNED.replace('h=from', 'h=from:to')}\r\n`,
      /dkim=permerror \(signed fields of more/u,
    ],
    [
      'a domain that is too long',
      `DKIM-Signature: ${SIGNED.replace('d=', `d=${'a.'.repeat(200)}`)}\r\n`,
      /dkim=permerror \(a domain of more than 254/u,
    ],
    [
      'an ARC field that is too long',
      `${ARC_SET.trimEnd()} ${'x'.repeat(20_000)}\r\n`,
      /arc=permerror \(a signature of more than 16384 octets\)/u,
    ],
    ['an ARC chain without its rest', 'ARC-Seal: i=1; cv=none; a=rsa-sha256; d=sender.test; s=s1; b=eA==\r\n', /arc=fail/u],
  ])('never passes over what it does not check: %s', async (_what, field, result) => {
    const { header } = await visit(`${field}${MESSAGE}`, WORLD);
    const line = header.replaceAll(/\s+/gu, ' ');
    expect(line).toMatch(result);
    expect(line).toMatch(/dmarc=(?:pass|permerror \()/u);
  });

  it('checks the others beside a signature that it does not check', async () => {
    const { found } = await visit(`DKIM-Signature: ${SIGNED}; z=${'x'.repeat(20_000)}\r\n${await signed(MESSAGE)}`, WORLD);
    expect(found).toMatchObject({ known: true, value: { summary: 'dkim=pass dkim=permerror arc=none dmarc=permerror' } });
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
