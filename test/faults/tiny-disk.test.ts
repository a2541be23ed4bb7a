import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles } from '@vratny/support/maildir';
import { workersOf } from '@vratny/support/process-state';
import { runToEnd } from '@vratny/support/running-program';
import { mountSmallDisk, type SmallDisk } from '@vratny/support/small-disk';
import { expect, type TestContext, test } from 'vitest';
import { type Bench, makeBench } from './bench.ts';
import { standingOf } from './ledger/client-ledger.ts';
import { compare } from './ledger/compare.ts';
import { tryOnce } from './ledger/drain.ts';
import { listUnfinished } from './ledger/read-maildir.ts';

/** Room for a dozen messages of 60 kB, not for twenty. */
const MAIL_KIB = 900;
const MANY = 20;
const MAIL_BYTES = 60_000;
/** A little more than the room that MAIL asks for, and less than the message. */
const SPOOL_KIB = 1_200;
const SPOOL_BYTES = 2_000_000;
const ROOMY_KIB = 32_768;

async function mountTiny(context: TestContext, kib: number): Promise<SmallDisk> {
  return (await mountSmallDisk(kib)) ?? context.skip('a small file system cannot be mounted here');
}

async function makeRoom(disk: SmallDisk): Promise<void> {
  const remount = await runToEnd('mount', ['-o', `remount,size=${ROOMY_KIB}k`, disk.path]);
  if (remount.ending() !== 0) throw new Error(`no room can be made: ${remount.stderr()}`);
}

/** One attempt; its reply. */
async function send(bench: Bench, name: string, shape: { readonly recipients: number; readonly bodyBytes: number }): Promise<string> {
  const entry = bench.ledger.open(bench.newMessage(name, shape));
  await tryOnce(bench.ledger, entry, bench.port());
  const [{ ending } = { ending: undefined }] = entry.attempts;
  return ending?.kind === 'reply' ? ending.reply.text : `lost: ${ending?.why}`;
}

/** Everything is delivered once there is room, by the worker that met the full disk. */
async function expectAllAfterRoom(bench: Bench, disk: SmallDisk, worker: readonly number[]): Promise<void> {
  await makeRoom(disk);
  expect(await send(bench, 'after', { recipients: 1, bodyBytes: 400 })).toMatch(/^250 /u);
  await bench.drain();
  expect(workersOf((await bench.readyMx()).pid)).toEqual(worker);
  expect(compare(bench.ledger, bench.stored()).problems).toEqual([]);
  const standings = bench.ledger.entries.flatMap((entry) => entry.message.recipients.map((one) => standingOf(entry, one)));
  expect(new Set(standings)).toEqual(new Set(['accepted']));
}

test('the disk of the mailboxes is full: 451 or 452, nothing is left of what did not fit, and all of it comes when there is room', async (context) => {
  await using disk = await mountTiny(context, MAIL_KIB);
  const mailFolder = join(disk.path, 'mail');
  await using bench = await makeBench('maildir', { site: { mailFolder } });
  const worker = workersOf((await bench.readyMx()).pid);
  const replies: string[] = [];
  for (let at = 0; at < MANY; at += 1) replies.push(await send(bench, `fill-${at}`, { recipients: 1 + (at % 2), bodyBytes: MAIL_BYTES }));
  expect(replies.filter((reply) => !/^(?:250 2\.0\.0|45[12] 4\.3\.\d) /u.test(reply))).toEqual([]);
  expect(replies.some((reply) => reply.startsWith('250 '))).toBe(true);
  expect(replies.some((reply) => reply.startsWith('45'))).toBe(true);
  expect(listUnfinished(mailFolder)).toEqual([]);
  await expectAllAfterRoom(bench, disk, worker);
});

test('the disk of the spool is full: 452, smaller messages pass, and all of it comes when there is room', async (context) => {
  await using disk = await mountTiny(context, SPOOL_KIB);
  const spool = join(disk.path, 'spool');
  mkdirSync(spool);
  await using bench = await makeBench('maildir', { site: { extra: { spool, limits: { message: '4MiB' } } } });
  const worker = workersOf((await bench.readyMx()).pid);
  expect(await send(bench, 'large', { recipients: 1, bodyBytes: SPOOL_BYTES })).toMatch(/^452 4\.3\.1 /u);
  expect(await send(bench, 'small', { recipients: 2, bodyBytes: 400 })).toMatch(/^250 /u);
  expect(listFiles(spool)).toEqual([]);
  await expectAllAfterRoom(bench, disk, worker);
  expect(listFiles(spool)).toEqual([]);
});
