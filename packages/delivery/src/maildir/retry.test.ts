import { contentOf } from '@vratny/message';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMaildir } from '../maildir.ts';
import type { DeliveryRequest } from '../port.ts';
import { createModelDisk, type Operation, type Plan } from './model-disk.fixture.ts';
import { systemError } from './model-tree.fixture.ts';

const BODY = Buffer.from('Subject: x\r\n\r\nbody\r\n');
const KEY = 'a1'.repeat(32);
const BOX = '/mail/example.test/alice';
const STORED = `Return-Path: <>\r\n${BODY.toString()}`;

/** Another process on the same disk: it knows nothing that was not written. */
function open({ files }: Pick<ReturnType<typeof createModelDisk>, 'files'>) {
  const maildir = createMaildir({ root: '/mail', hostName: 'h', now: () => new Date(0), files });
  return async (parts: Partial<DeliveryRequest> = {}) => {
    const copies = [{ target: { address: 'alice@example.test', usedBytes: 0 }, stamps: '' }];
    const usual = { sender: null, content: contentOf(BODY), omit: [], copies, key: KEY, resumed: false, confirm: async () => true };
    const [outcome] = await maildir.deliver({ ...usual, signal: new AbortController().signal, ...parts });
    return outcome;
  };
}
const messagesIn = (files: ReadonlyMap<string, string>, part: string) =>
  [...files].filter(([path]) => path.startsWith(`${BOX}/${part}/`)).map(([, text]) => text);
const UNCERTAIN = { kind: 'delayed', uncertain: true };

test('killed between rename and sync: the retry syncs the directory and stores no second copy', async () => {
  const disk = createModelDisk();
  const dead = open({ files: { ...disk.files, syncDirectory: async () => undefined } });
  await dead();
  expect(messagesIn(disk.listAfterPowerCut(), 'new')).toEqual([]);
  expect(await open(disk)({ resumed: true })).toEqual({ kind: 'stored', bytes: STORED.length });
  expect(messagesIn(disk.list(), 'new')).toEqual([STORED]);
  expect(messagesIn(disk.listAfterPowerCut(), 'new')).toEqual([STORED]);
});

test('a reader has taken it to cur, with flags: it is found there, and that directory is synced', async () => {
  const disk = createModelDisk();
  await open(disk)();
  const [name = ''] = [...disk.list().keys()].map((path) => path.split('/').at(-1) ?? '');
  await disk.files.rename(`${BOX}/new/${name}`, `${BOX}/cur/${name}:2,FS`);
  expect(messagesIn(disk.listAfterPowerCut(), 'cur')).toEqual([]);
  expect(await open(disk)({ resumed: true })).toEqual({ kind: 'stored', bytes: STORED.length });
  expect(messagesIn(disk.listAfterPowerCut(), 'cur')).toEqual([STORED]);
  expect(disk.list().size).toBe(1);
});

test('what a dead attempt left in tmp is removed; what belongs to another message is not', async () => {
  const disk = createModelDisk();
  const dying = open({ files: { ...disk.files, rename: () => new Promise(() => undefined) } });
  const ending = new AbortController();
  const dead = [dying({ signal: ending.signal }), dying({ signal: ending.signal, key: 'b2'.repeat(32) })];
  await expect.poll(() => messagesIn(disk.list(), 'tmp')).toHaveLength(2);
  expect(await open(disk)({ resumed: true })).toMatchObject({ kind: 'stored' });
  expect(messagesIn(disk.list(), 'tmp')).toHaveLength(1);
  expect(messagesIn(disk.list(), 'new')).toEqual([STORED]);
  ending.abort();
  await Promise.all(dead);
});

/** Which operations fail, by name and number. */
const failing =
  (...which: readonly (readonly [Operation, number])[]): Plan =>
  (operation, _path, count) => {
    if (which.some(([name, nth]) => name === operation && nth === count)) throw systemError('EIO');
  };

test.each<[string, Plan]>([
  ['rename, both unlinks', failing(['rename', 1], ['unlink', 1], ['unlink', 2])],
  ['rename, the first unlink', failing(['rename', 1], ['unlink', 1])],
  ['rename, the second unlink', failing(['rename', 1], ['unlink', 2])],
  ['sync of the directory, unlink', failing(['syncDirectory', 5], ['unlink', 1])],
])('EIO at %s: uncertain, and the retry leaves one copy that survives', async (_what, plan) => {
  for (const sameProcess of [true, false]) {
    const disk = createModelDisk(plan);
    const first = open(disk);
    expect(await first()).toMatchObject(UNCERTAIN);
    const syncs = disk.log.filter((line) => line === `syncDirectory ${BOX}/new`).length;
    expect(await (sameProcess ? first : open(disk))({ resumed: true })).toMatchObject({ kind: 'stored' });
    expect([messagesIn(disk.list(), 'tmp'), messagesIn(disk.listAfterPowerCut(), 'new')]).toEqual([[], [STORED]]);
    expect(syncs).toBeLessThanOrEqual(1);
  }
});

test('the process that saw the sync fail does not trust a second one: it stores anew', async () => {
  const disk = createModelDisk(failing(['syncDirectory', 5], ['unlink', 1]));
  const deliver = open(disk);
  await deliver();
  const doubtful = [...disk.list().keys()];
  await deliver({ resumed: true });
  expect([...disk.list().keys()]).toHaveLength(1);
  expect([...disk.list().keys()]).not.toEqual(doubtful);
});

test('a reader that took the message before it could be taken back has it: uncertain', async () => {
  const disk = createModelDisk(failing(['syncDirectory', 5]));
  const unlink = async (path: string) => {
    const name = path.split('/').at(-1) ?? '';
    await disk.files.rename(path, `${BOX}/cur/${name}:2,`);
    return disk.files.unlink(path);
  };
  expect(await open({ files: { ...disk.files, unlink } })()).toMatchObject(UNCERTAIN);
});

test('a retry that could not look knows nothing', async () => {
  const disk = createModelDisk();
  const deliver = open(disk);
  await deliver();
  expect(await deliver({ resumed: true, signal: AbortSignal.abort() })).toMatchObject(UNCERTAIN);
  const names = () => {
    throw systemError('EIO');
  };
  expect(await open({ files: { ...disk.files, names } })({ resumed: true })).toMatchObject(UNCERTAIN);
  // One that looked and found nothing does.
  const refusing = { resumed: true, confirm: async () => false, key: 'c3'.repeat(32) };
  expect(await deliver(refusing)).toEqual({ kind: 'delayed', detail: expect.stringContaining('nobody waits') });
});

test('a key that is none is a delay, not a file name', async () => {
  const disk = createModelDisk();
  expect(await open(disk)({ key: '../../../etc' })).toMatchObject({ kind: 'delayed', detail: expect.stringContaining('hexadecimal') });
  expect(disk.list().size).toBe(0);
});

test('a fault or a kill at any step, then retries: one copy, and stored only when it survives a power cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 40 }), fc.nat({ max: 40 }), fc.boolean(), async (first, second, restarts) => {
      let steps = 0;
      const disk = createModelDisk(() => {
        steps += 1;
        if (steps === first || steps === first + second) throw systemError('EIO');
      });
      let deliver = open(disk);
      let outcome = await deliver();
      for (let tries = 0; outcome?.kind !== 'stored' && tries < 4; tries += 1) {
        const resumed = outcome?.kind === 'delayed' && outcome.uncertain === true;
        if (!resumed) expect(messagesIn(disk.list(), 'new')).toEqual([]);
        if (restarts) deliver = open(disk);
        outcome = await deliver({ resumed });
      }
      expect(outcome).toMatchObject({ kind: 'stored' });
      expect(messagesIn(disk.list(), 'new')).toEqual([STORED]);
      expect(messagesIn(disk.listAfterPowerCut(), 'new')).toEqual([STORED]);
    }),
    { numRuns: 300 },
  );
});
