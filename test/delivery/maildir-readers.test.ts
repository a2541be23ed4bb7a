import { chmodSync, chownSync, mkdirSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Delivery } from '@vratny/delivery';
import { createMaildir } from '@vratny/delivery/maildir';
import { type Dovecot, makeDovecot } from '@vratny/support/dovecot';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { consign, kindsOf } from './store.ts';

/** Who owns the mailboxes of the harness's Dovecot. */
const OWNER = 65534;
const BOXES = ['counted', 'retried', 'moved'].map((name) => `${name}@example.test`);
const [COUNTED = '', RETRIED = '', MOVED = ''] = BOXES;

let folder: ReturnType<typeof makeTemporaryFolder>;
let dovecot: Dovecot;
let delivery: Delivery;

/** Dovecot reads what our Maildir adapter writes. */
beforeAll(async () => {
  folder = makeTemporaryFolder('maildir-readers');
  chmodSync(folder.path, 0o755);
  const root = join(folder.path, 'mail');
  mkdirSync(root);
  dovecot = await makeDovecot({
    users: BOXES.map((address) => ({ address })),
    extra: `mail_location = maildir:${root}/%d/%n\n`,
  });
  giveAway();
  await dovecot.start();
});
beforeEach(() => {
  // A node that knows nothing from before.
  delivery = createMaildir({ root: join(folder.path, 'mail'), hostName: 'mx.example.test', now: () => new Date() });
});
afterAll(async () => {
  await dovecot?.[Symbol.asyncDispose]();
  folder?.remove();
});

/** In production both run as one user; here we are root and Dovecot will not be. */
function giveAway(): void {
  for (const path of ['', ...readdirSync(join(folder.path, 'mail'), { recursive: true, encoding: 'utf8' })]) {
    chownSync(join(folder.path, 'mail', path), OWNER, OWNER);
  }
}
async function store(address: string, message: string, resumed = false): Promise<number> {
  const outcomes = await delivery.deliver(consign(message, [address], { resumed }));
  giveAway();
  expect(kindsOf(outcomes)).toEqual(['stored']);
  return outcomes[0]?.kind === 'stored' ? outcomes[0].bytes : 0;
}
/** What the store counts, right now; nothing that was written down is believed. */
async function used(address: string): Promise<number | undefined> {
  const admission = await delivery.admits({ address, quotaBytes: 1, usedBytes: 1_000_000_000 }, 0, AbortSignal.timeout(20_000));
  return admission.kind === 'full' || admission.kind === 'room' ? admission.usedBytes : undefined;
}

/** What a mail program does: opens INBOX, which takes messages from `new` to `cur`, and marks them. */
async function openAndFlag(address: string): Promise<void> {
  const socket = connect({ port: dovecot.imapPort, host: '127.0.0.1' }).setTimeout(20_000, () => socket.destroy());
  socket.write(`a LOGIN ${address} secret\r\nb SELECT INBOX\r\nc STORE 1:* +FLAGS (\\Seen \\Flagged $Later)\r\nd LOGOUT\r\n`);
  expect(await text(socket)).toMatch(/^c OK/mu);
}

test('used octets right after a reader deleted, expunged and moved: subfolders count, what is gone does not', async () => {
  const sizes: number[] = [];
  for (const lines of [10, 200, 3_000]) sizes.push(await store(COUNTED, `Subject: ${lines}\r\n\r\n${'0123456789\r\n'.repeat(lines)}`));
  const [small = 0, middle = 0, large = 0] = sizes;
  expect(await used(COUNTED)).toBe(small + middle + large);
  expect((await dovecot.inbox(COUNTED)).map((one) => one.length)).toEqual(sizes);
  // Read, flagged and marked as deleted, but still there.
  await dovecot.doveadm(['flags', 'add', '-u', COUNTED, '\\Deleted \\Seen', 'mailbox', 'INBOX', 'all']);
  expect(await used(COUNTED)).toBe(small + middle + large);
  await dovecot.doveadm(['mailbox', 'create', '-u', COUNTED, 'Trash']);
  await dovecot.doveadm(['move', '-u', COUNTED, 'Trash', 'mailbox', 'INBOX', 'subject', '3000']);
  expect(await used(COUNTED)).toBe(small + middle + large);
  await dovecot.doveadm(['expunge', '-u', COUNTED, 'mailbox', 'INBOX', 'subject', '200']);
  expect(await used(COUNTED)).toBe(small + large);
  await dovecot.doveadm(['expunge', '-u', COUNTED, 'mailbox', 'Trash', 'all']);
  expect(await used(COUNTED)).toBe(small);
  await dovecot.doveadm(['expunge', '-u', COUNTED, 'mailbox', 'INBOX', 'all']);
  expect(await used(COUNTED)).toBe(0);
});

test('a retry finds what its reader has opened and flagged meanwhile', async () => {
  const message = 'Subject: once\r\n\r\n';
  await store(RETRIED, message);
  expect(await dovecot.inbox(RETRIED)).toHaveLength(1);
  await openAndFlag(RETRIED);
  expect(readdirSync(join(folder.path, 'mail', 'example.test', 'retried', 'cur'))).toEqual([expect.stringMatching(/:2,FSa$/u)]);
  await store(RETRIED, message, true);
  expect(await dovecot.inbox(RETRIED)).toHaveLength(1);
  // Sent again on purpose it is another message.
  await store(RETRIED, message);
  expect(await dovecot.inbox(RETRIED)).toHaveLength(2);
});

test('a retry stores anew what its reader has moved away: a second copy, which no name can tell', async () => {
  const message = 'Subject: moved\r\n\r\n';
  await store(MOVED, message);
  await dovecot.doveadm(['mailbox', 'create', '-u', MOVED, 'Archive']);
  await dovecot.doveadm(['move', '-u', MOVED, 'Archive', 'mailbox', 'INBOX', 'all']);
  await store(MOVED, message, true);
  expect(await dovecot.inbox(MOVED)).toHaveLength(1);
});
