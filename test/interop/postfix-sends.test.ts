import { type Postfix, startPostfix } from '@vratny/support/postfix';
import { SENDER_DOMAIN } from '@vratny/support/postfix-config';
import { waitFor } from '@vratny/support/wait-for';
import { startWorldHost, type WorldHost } from '@vratny/support/world-host';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const FROM = `someone@${SENDER_DOMAIN}`;

/** A whole message: what Postfix's `sendmail` would otherwise add is there already. */
const messageOf = (name: string, extra: readonly string[], body: readonly string[]) =>
  [
    `From: ${FROM}`,
    'To: undisclosed-recipients:;',
    'Date: Mon, 06 Jan 2025 10:00:00 +0000',
    `Message-ID: <${name}@${SENDER_DOMAIN}>`,
    `Subject: ${name}`,
    ...extra,
    '',
    ...body,
    '',
  ].join('\r\n');

describe.each(['none', 'encrypt'] as const)('Postfix as the sending server, TLS: %s', (tls) => {
  let host: WorldHost;
  let postfix: Postfix;
  const explain = () => `${postfix.log()}\n${host.mx.stderr()}`;

  beforeAll(async () => {
    host = await startWorldHost();
    postfix = await startPostfix({ relayPort: host.mx.port, tls });
  });
  afterAll(async () => {
    await postfix?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
  });

  const arrival = (mailbox: string, name: string) =>
    waitFor(`${name} lies in ${mailbox}`, () => host.site.stored(mailbox).find((one) => one.includes(`Subject: ${name}\r\n`)), { explain });
  const bounce = (name: string) =>
    waitFor(`a bounce of ${name}`, () => postfix.returned().find((one) => one.includes(`Subject: ${name}\n`)), { explain });

  test('the message in the mailbox is what was sent, but for added header fields', async () => {
    const sent = messageOf('plain', [], ['Hello,', '.', '..dots', '', ' last line without surprise']);
    await postfix.send(sent, { from: FROM, to: ['alice@example.test'] });
    const stored = await arrival('alice@example.test', 'plain');
    expect(stored.endsWith(sent)).toBe(true);
    expect(stored).toMatch(/^Return-Path: <someone@sender\.test>\r\n/u);
    expect(stored).toMatch(/^Received: from client\.test [\s\S]*?by mx1d10\.example\.test/mu);
    if (tls === 'encrypt') expect(stored).toMatch(/with ESMTPS/u);
  });

  test('8BITMIME: octets above 127 are not touched', async () => {
    const text = Buffer.from('Vrátný stojí u vrat.', 'utf8').toString('latin1');
    const headers = ['MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit'];
    const sent = messageOf('eight-bit', headers, [text]);
    await postfix.send(sent, { from: FROM, to: ['bob@example.test'] });
    expect((await arrival('bob@example.test', 'eight-bit')).endsWith(sent)).toBe(true);
  });

  test('several recipients, one unknown: the others have it, and the sender is told in our words', async () => {
    const sent = messageOf('three', [], ['x']);
    await postfix.send(sent, { from: FROM, to: ['alice@example.test', 'nobody@example.test', 'bob@example.test'] });
    expect((await arrival('alice@example.test', 'three')).endsWith(sent)).toBe(true);
    expect((await arrival('bob@example.test', 'three')).endsWith(sent)).toBe(true);
    const told = oneLine(await bounce('three'));
    expect(told).toContain('550 5.1.1 there is no mailbox nobody@example.test here');
    expect(told).toContain('Final-Recipient: rfc822; nobody@example.test');
    expect(told).not.toContain('Final-Recipient: rfc822; alice@example.test');
  });

  test.each([
    ['disabled', 'disabled@example.test', '550 5.2.1'],
    ['relayed', 'someone@elsewhere.test', '550 5.7.1'],
  ])('a refused message comes back: %s', async (name, to, reply) => {
    await postfix.send(messageOf(name, [], ['x']), { from: FROM, to: [to] });
    const told = oneLine(await bounce(name));
    expect(told).toContain(reply);
    expect(told).toContain(`Status: ${reply.slice(4)}`);
  });

  test('in the end nothing waits in its queue', async () => {
    await waitFor('the queue is empty', async () => ((await postfix.isQueueEmpty()) ? true : undefined), { explain });
  });
});

/** Bounces fold long replies. */
const oneLine = (text: string) => text.replaceAll(/\s+/gu, ' ');
