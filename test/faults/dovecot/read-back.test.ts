import { createHash, randomBytes } from 'node:crypto';
import { type Dovecot, makeDovecot } from '@vratny/support/dovecot';
import { type RunningMx, startMx } from '@vratny/support/mx';
import { waitFor } from '@vratny/support/wait-for';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attemptMessage } from '../ledger/attempt.ts';
import { createClientLedger, standingOf } from '../ledger/client-ledger.ts';
import { compare } from '../ledger/compare.ts';
import { drain } from '../ledger/drain.ts';
import { makeMessage } from '../ledger/message.ts';
import { type FaultWorld, makeFaultWorld } from '../world.ts';
import { sendWithPrdr } from './prdr.ts';
import { readDovecotCopies } from './read-copies.ts';

const MAILBOXES = 20;
const QUOTA_BYTES = 40_000;
/** What mx and Dovecot put before a message. */
const ADDED = /^(?:(?:Return-Path|Delivered-To|Received|Received-SPF|Authentication-Results):[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*)*$/u;
const EVERY_OCTET = Array.from({ length: 255 }, (_none, at) => String.fromCharCode(at + 1))
  .filter((char) => char !== '\r' && char !== '\n')
  .join('');

interface Row {
  readonly what: string;
  readonly sent: string;
  /** Where it is not what was sent: what is stored and read. */
  readonly read?: string;
  /** Where it is not what is read: what is scanned. Some lines are left out of the copies only. */
  readonly scanned?: string;
}

const ROWS: readonly Row[] = [
  { what: 'every octet but NUL', sent: `Subject: x\r\n\r\n${EVERY_OCTET}\r\n` },
  { what: 'dots', sent: 'Subject: x\r\n\r\n.\r\n..\r\n...\r\n.x\r\n.\r\n' },
  { what: 'no body', sent: 'Subject: x\r\n\r\n' },
  { what: 'no header', sent: '\r\nbody\r\n' },
  {
    what: 'a header that begins with a blank',
    sent: ' x: y\r\nSubject: x\r\n\r\n\r\n',
    read: 'Subject: x\r\n\r\n\r\n',
    scanned: ' x: y\r\nSubject: x\r\n\r\n\r\n',
  },
  { what: 'bare LF', sent: 'Subject: x\n\nfirst\n\nsecond\r\n', read: 'Subject: x\r\n\r\nfirst\r\n\r\nsecond\r\n' },
  { what: 'a long line', sent: `Subject: x\r\n\r\n${'y'.repeat(100_000)}\r\n` },
  { what: 'From at a line start', sent: 'Subject: x\r\n\r\nFrom me\r\n>From you\r\n' },
  {
    what: 'forged marks',
    sent: 'X-Spam-Flag: NO\r\nSubject: x\r\n\r\nX-Spam-Flag: NO\r\n',
    read: 'Subject: x\r\n\r\nX-Spam-Flag: NO\r\n',
    scanned: 'X-Spam-Flag: NO\r\nSubject: x\r\n\r\nX-Spam-Flag: NO\r\n',
  },
  {
    what: '900 kB at random',
    sent: `Subject: x\r\n\r\n${randomBytes(660_000)
      .toString('base64')
      .replaceAll(/.{1,76}/gu, '$&\r\n')}`,
  },
];

describe('Dovecot as the store', () => {
  let dovecot: Dovecot;
  let world: FaultWorld;
  let mx: RunningMx;

  beforeAll(async () => {
    const users = Array.from({ length: MAILBOXES }, (_none, at) => ({ address: `box${at}@a.example.test` }));
    // The last ones are small.
    dovecot = await makeDovecot({ users: users.map((user, at) => (at < MAILBOXES - 2 ? user : { ...user, quotaBytes: QUOTA_BYTES })) });
    await dovecot.start();
    world = await makeFaultWorld({ mailboxes: MAILBOXES, site: { extra: { delivery: `lmtp://127.0.0.1:${dovecot.lmtpPort}` } } });
    mx = await startMx({ siteFile: world.site.siteFile, host: 'a10' });
  });

  afterAll(async () => {
    await mx?.stop();
    await world?.[Symbol.asyncDispose]();
    await dovecot?.[Symbol.asyncDispose]();
  });

  test.each(ROWS)('read over IMAP is what was scanned: $what', async ({ sent, read = sent, scanned = read }) => {
    const mailbox = world.nextMailbox();
    const message = { token: 'x', sender: 'a@sender.test', recipients: [mailbox], bytes: Buffer.from(sent, 'latin1'), sha256: '' };
    const { ending } = await attemptMessage(mx.port, message, [mailbox]);
    expect(ending).toMatchObject({ kind: 'reply', reply: { code: 250 } });
    const [copy = '', ...more] = await dovecot.inbox(mailbox);
    expect(more).toEqual([]);
    expect(copy.slice(-read.length)).toBe(read);
    const added = copy.slice(0, -read.length);
    expect(added).toMatch(ADDED);
    expect(added).toMatch(/^Received: /mu);
    // The journal has the hash of what the checks have seen.
    const sha256 = createHash('sha256').update(scanned, 'latin1').digest('hex');
    await waitFor('the journal tells of it', () => (mx.stderr().includes(`"sha256":"${sha256}"`) ? true : undefined), {
      explain: mx.stderr,
    });
  });

  test('a mailbox that fills up between RCPT and delivery: 552 for it alone, and the other one has its only copy', async () => {
    const ledger = createClientLedger();
    const [roomy, small] = [world.nextMailbox(), `box${MAILBOXES - 1}@a.example.test`];
    const entry = ledger.open(makeMessage('over-quota', [roomy, small], { bodyBytes: 2 * QUOTA_BYTES }));
    await drain(ledger, { port: () => mx.port });
    expect(entry.message.recipients.map((one) => standingOf(entry, one))).toEqual(['accepted', 'refused']);
    const last = entry.attempts.at(-1)?.ending;
    expect(last?.kind === 'reply' ? last.reply.text : last?.why).toMatch(/^552 5\.2\.2 /u);
    const stored = await readDovecotCopies(dovecot, entry.message.recipients);
    expect(compare(ledger, stored).problems).toEqual([]);
    expect(stored.map((copy) => copy.mailbox)).toEqual([roomy]);
  });

  test('the same with PRDR: both are told at once', async () => {
    const [roomy, small] = [world.nextMailbox(), `box${MAILBOXES - 2}@a.example.test`];
    const message = makeMessage('over-quota-prdr', [roomy, small], { bodyBytes: 2 * QUOTA_BYTES });
    const replies = await sendWithPrdr(mx.port, message);
    expect(replies.map((reply) => reply.text.slice(0, 9))).toEqual([
      expect.stringMatching(/^353 /u),
      '250 2.0.0',
      '552 5.2.2',
      expect.any(String),
    ]);
    expect(await readDovecotCopies(dovecot, [roomy, small])).toMatchObject([{ mailbox: roomy }]);
  });
});
