import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles } from '@vratny/support/maildir';
import { mountSmallDisk } from '@vratny/support/small-disk';
import { messageTo, talk } from '@vratny/support/talk';
import { startWorldHost } from '@vratny/support/world-host';
import { expect, type TestContext, test } from 'vitest';

const ALICE = 'alice@example.test';
const MAILBOX_DISK_KIB = 800;
/** A little more than the room that MAIL asks for. */
const SPOOL_DISK_KIB = 1_200;
/** Of 72 octets each: about 560 KiB, so that one message fits and two do not. */
const BODY_LINES = 8_000;

async function smallDisk(context: TestContext, kib: number) {
  const disk = await mountSmallDisk(kib);
  if (disk === undefined) context.skip('a small file system cannot be mounted here');
  return disk;
}

test('the disk of the mailboxes is full: 4xx, and nothing is lost or torn', async (context) => {
  await using disk = await smallDisk(context, MAILBOX_DISK_KIB);
  await using host = await startWorldHost({ site: { mailFolder: join(disk?.path ?? '', 'mail') } });
  await talk(host, messageTo(ALICE, 'fits', '250 2.0.0 ...', BODY_LINES));
  await talk(host, messageTo(ALICE, 'does not fit', '451 4.3.0 ...', BODY_LINES));
  await talk(host, messageTo(ALICE, 'small', '250 2.0.0 ...'));
  const subjects = host.site.stored(ALICE).map((message) => /^Subject: (.*?)\r?$/mu.exec(message)?.[1]);
  expect(subjects).toEqual(['fits', 'small']);
  expect(listFiles(host.site.mailFolder).filter((path) => path.includes('/tmp/'))).toEqual([]);
});

test('the disk of the spool has no room at all: 452 at MAIL, before anything is sent', async (context) => {
  await using disk = await smallDisk(context, MAILBOX_DISK_KIB);
  await using host = await startWorldHost({ site: { extra: { spool: makeSpool(disk?.path) } } });
  await talk(
    host,
    ['S: 220 ...', 'C: HELO client.test', 'S: 250 ...', 'C: MAIL FROM:<a@sender.test>', 'S: 452 4.3.1 ...', 'C: QUIT', 'S: 221 ...'].join(
      '\n',
    ),
  );
});

test('the disk of the spool fills up during DATA: 452, the session goes on, and small messages still pass', async (context) => {
  await using disk = await smallDisk(context, SPOOL_DISK_KIB);
  const spool = makeSpool(disk?.path);
  await using host = await startWorldHost({ site: { extra: { spool, limits: { message: '4MiB' } } } });
  await talk(host, messageTo(ALICE, 'too much for the spool', '452 4.3.1 ...', 20_000));
  await talk(host, messageTo(ALICE, 'fits', '250 2.0.0 ...', BODY_LINES));
  await talk(host, messageTo(ALICE, 'small', '250 2.0.0 ...'));
  expect(host.site.stored(ALICE)).toHaveLength(2);
  expect(listFiles(spool)).toEqual([]);
});

function makeSpool(disk = ''): string {
  const spool = join(disk, 'spool');
  mkdirSync(spool);
  return spool;
}
