import { randomBytes } from 'node:crypto';
import { parseRefusal } from '@vratny/smtp';
import { type Dovecot, makeDovecot } from '@vratny/support/dovecot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { consign, kindsOf, openStore, serversOf, withoutStoreHeaders } from './store.ts';

const BOX = (name: string) => `${name}@example.test`;
const QUOTA_BYTES = 40_000;
const USERS = ['alice', 'bob', 'carol', 'twice', 'eight', 'many', 'large'].map((name) => ({ address: BOX(name) }));
const FULL = ['small', 'crossing'].map((name) => ({ address: BOX(name), quotaBytes: QUOTA_BYTES }));

describe.each(['tcp', 'unix'] as const)('Dovecot over %s', (way) => {
  let dovecot: Dovecot;
  let store: ReturnType<typeof openStore>;
  const admits = (address: string, sizeBytes = 1_000) => store.admits({ address, usedBytes: 0 }, sizeBytes, AbortSignal.timeout(20_000));

  beforeAll(async () => {
    dovecot = await makeDovecot({ users: [...USERS, ...FULL] });
    await dovecot.start();
    store = openStore([serversOf(dovecot)[way]]);
  });
  afterAll(async () => {
    await store?.close();
    await dovecot?.[Symbol.asyncDispose]();
  });

  const stored = async (address: string) => (await dovecot.inbox(address)).map(withoutStoreHeaders);

  test.each([
    ['lines of dots', 'Subject: dots\r\n\r\n.\r\n..\r\n...\r\n.x\r\n\r\n.\r\n'],
    ['an empty body', 'Subject: empty\r\n\r\n'],
    ['no header', '\r\nbody\r\n'],
    ['what looks like commands', 'Subject: x\r\n\r\nQUIT\r\nRSET\r\n.\r\nMAIL FROM:<>\r\n'],
    ['8-bit octets', `Subject: x\r\n\r\n${Array.from({ length: 128 }, (_none, at) => String.fromCharCode(at + 128)).join('')}\r\n`],
    ['a long line', `Subject: x\r\n\r\n${'y'.repeat(100_000)}\r\n`],
    ['From at a line start', 'Subject: x\r\n\r\nFrom me\r\n>From you\r\n'],
  ])('what is stored is what was handed over: %s', async (_what, message) => {
    const stamps = 'Received: from client.test by mx.example.test; now\r\nAuthentication-Results: mx.example.test; spf=pass\r\n';
    const before = await stored(BOX('alice'));
    expect(kindsOf(await store.deliver(consign(message, [BOX('alice')], { stamps })))).toEqual(['stored']);
    expect((await stored(BOX('alice'))).slice(before.length)).toEqual([stamps + message]);
    expect((await dovecot.inbox(BOX('alice'))).at(-1)).toMatch(/^Return-Path: <sender@example\.net>\r\n/u);
  });

  test('large random messages, with ranges left out, to several mailboxes', async () => {
    const message = `X-Spam: forged\r\nSubject: x\r\n\r\n${randomBytes(1_500_000)
      .toString('base64')
      .replaceAll(/.{1,76}/gu, '$&\r\n')}`;
    const omit = [{ start: 0, end: 16 }];
    expect(kindsOf(await store.deliver(consign(message, [BOX('bob'), BOX('large')], { omit })))).toEqual(['stored', 'stored']);
    expect((await stored(BOX('large'))).map((one) => one === message.slice(16))).toEqual([true]);
    expect((await stored(BOX('bob'))).map((one) => one === message.slice(16))).toEqual([true]);
  });

  test('one mailbox twice is two messages, and the null sender', async () => {
    const request = consign('Subject: twice\r\n\r\n', [BOX('twice'), BOX('twice')], { sender: null });
    expect(kindsOf(await store.deliver(request))).toEqual(['stored', 'stored']);
    expect(await stored(BOX('twice'))).toHaveLength(2);
    expect((await dovecot.inbox(BOX('twice')))[0]).toMatch(/^Return-Path: <>\r\n/u);
  });

  test('unknown mailboxes: at RCPT and at delivery, and nobody else suffers', async () => {
    const admission = await admits(BOX('nobody'));
    expect(admission.kind).toBe('unknown');
    expect(admission.kind === 'unknown' && parseRefusal(admission.text ?? '')).toMatch(/^550 5\.1\.1 /u);
    const outcomes = await store.deliver(consign('Subject: x\r\n\r\n', [BOX('nobody'), BOX('carol'), BOX('noone')]));
    expect(kindsOf(outcomes)).toEqual(['refused', 'stored', 'refused']);
    expect(outcomes.map((one) => (one.kind === 'refused' ? parseRefusal(one.text)?.slice(0, 9) : one.kind))).toEqual([
      '550 5.1.1',
      'stored',
      '550 5.1.1',
    ]);
  });

  test('a full mailbox: refused at delivery when the message crosses the limit, and at RCPT once it is full', async () => {
    const message = (size: number) => `Subject: x\r\n\r\n${'0123456789abcdef\r\n'.repeat(Math.ceil(size / 18))}`;
    expect((await admits(BOX('crossing'))).kind).toBe('room');
    const outcomes = await store.deliver(consign(message(QUOTA_BYTES), [BOX('crossing'), BOX('carol')]));
    expect(kindsOf(outcomes)).toEqual(['refused', 'stored']);
    expect(outcomes.map((one) => (one.kind === 'refused' ? parseRefusal(one.text)?.slice(0, 9) : one.kind))).toEqual([
      '552 5.2.2',
      'stored',
    ]);
    // Filled to the brim in small steps.
    let kinds: readonly string[] = ['stored'];
    for (let size = 16_000; size > 10; kinds = kindsOf(await store.deliver(consign(message(size), [BOX('small')])))) {
      if (kinds[0] !== 'stored') size /= 2;
    }
    const full = openStore([serversOf(dovecot)[way]]);
    const used = Number(/STORAGE\s+(\d+)/u.exec(await dovecot.doveadm(['quota', 'get', '-u', BOX('small')]))?.[1]);
    expect(used).toBeGreaterThan(QUOTA_BYTES / 1024 - 1);
    expect(kindsOf(await full.deliver(consign(message(1_000), [BOX('small')])))).toEqual(['refused']);
    await full.close();
  });

  test('many at once: each arrives once', async () => {
    const messages = Array.from({ length: 200 }, (_none, at) => `Subject: ${at}\r\n\r\n`);
    const outcomes = await Promise.all(messages.map((message) => store.deliver(consign(message, [BOX('many')]))));
    expect(new Set(outcomes.flatMap(kindsOf))).toEqual(new Set(['stored']));
    expect([...(await stored(BOX('many')))].sort()).toEqual([...messages].sort());
  });
});
