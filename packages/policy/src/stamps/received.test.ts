import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MessageContext } from '../model/stage.ts';
import { addressOf, mailboxOf, messageContext } from '../testing/contexts.fixture.ts';
import { received } from './received.ts';

const write = (changes: Partial<MessageContext>) =>
  received.write(messageContext(changes), () => ({ known: false, kind: 'bug', detail: '', ms: 0 }), { antispam: false });
const date = '\r\n\tFri, 2 Jan 2026 03:04:05 +0000\r\n';
const by = 'by mx1d10.example.test (Vratny) with';
const alice = { recipient: addressOf('alice'), destination: mailboxOf('alice@example.test') };
const bob = { recipient: addressOf('bob'), destination: mailboxOf('bob@example.test') };
const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' };
const ehlo = (name: string) => ({ verb: 'EHLO', name }) as const;

describe('Received (RFC 5321 4.4)', () => {
  it.each<[string, Partial<MessageContext>, string]>([
    ['plain', {}, `Received: from client.test ([192.0.2.1])\r\n\t${by} ESMTP id 0abc.1\r\n\tfor <alice@example.test>;${date}`],
    [
      'TLS over IPv6',
      { tls, client: { ip: '2001:db8::1' } },
      `Received: from client.test ([IPv6:2001:db8::1])\r\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384)\r\n\t${by} ESMTPS id 0abc.1\r\n\tfor <alice@example.test>;${date}`,
    ],
    ['several recipients', { recipients: [alice, bob] }, `Received: from client.test ([192.0.2.1])\r\n\t${by} ESMTP id 0abc.1;${date}`],
    [
      'a quoted recipient',
      { recipients: [{ ...alice, recipient: addressOf('a> b') }] },
      `Received: from client.test ([192.0.2.1])\r\n\t${by} ESMTP id 0abc.1\r\n\tfor <"a> b"@example.test>;${date}`,
    ],
    [
      'an address literal for a name',
      { helo: ehlo('[IPv6:2001:db8::1]') },
      `Received: from [IPv6:2001:db8::1] ([192.0.2.1])\r\n\t${by} ESMTP id 0abc.1\r\n\tfor <alice@example.test>;${date}`,
    ],
  ])('%s', (_name, changes, text) => expect(write(changes)).toBe(text));

  it('leaves a recipient out that is not ASCII', () => {
    expect(write({ recipients: [{ ...alice, recipient: addressOf('j\u00f6rg') }] })).toBe(
      `Received: from client.test ([192.0.2.1])\r\n\t${by} ESMTP id 0abc.1;${date}`,
    );
  });

  // RFC 3848, RFC 6531 4.3.
  it.each<[string, Partial<MessageContext>]>([
    ['SMTP', { helo: { verb: 'HELO', name: 'x' } }],
    ['SMTP', { helo: { verb: 'HELO', name: 'x' }, tls }],
    ['ESMTP', {}],
    ['ESMTPS', { tls }],
    ['UTF8SMTP', { parameters: { body: '8bitmime', utf8: true } }],
    ['UTF8SMTPS', { parameters: { body: '8bitmime', utf8: true }, tls }],
  ])('with %s', (word, changes) => expect(write(changes)).toContain(` with ${word} id `));

  it('is one header field of bounded lines, whatever was said in HELO and written as recipient', () => {
    const text = fc.string({ unit: 'binary', maxLength: 600 });
    fc.assert(
      fc.property(text, text, (name, local) => {
        const lines = write({ helo: ehlo(name), recipients: [{ ...alice, recipient: addressOf(local) }] }).split('\r\n');
        expect(lines.pop()).toBe('');
        expect(lines[0]).toMatch(/^Received: from [\w.:[\]?-]+ \(\[192\.0\.2\.1\]\)$/u);
        expect(lines.slice(1).every((line) => line.startsWith('\t'))).toBe(true);
        expect(lines.length).toBeLessThanOrEqual(4);
        for (const line of lines) {
          expect(line.slice(1)).toMatch(/^[\u0020-\u007e]*$/u);
          expect(line.length).toBeLessThan(998);
        }
      }),
    );
  });

  it.each([
    ['x\r\nBcc: y', 'x??Bcc:?y'],
    ['x (by mx.bank.test', 'x??by?mx.bank.test'],
    ['', 'unknown'],
  ])('%j is written as %s', (name, written) => expect(write({ helo: ehlo(name) })).toContain(`from ${written} (`));
});
