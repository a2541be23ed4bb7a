import { contentOf } from '@vratny/message';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMaildir } from '../maildir.ts';
import type { DeliveryRequest, Outcome } from '../port.ts';
import type { MaildirFiles } from './files.ts';
import { createModelDisk, type ModelDisk, type Operation, type Plan } from './model-disk.fixture.ts';
import { systemError } from './model-tree.fixture.ts';

const BODY = Buffer.from('Subject: x\r\n\r\nbody\r\n');
const STORED = `Return-Path: <>\r\n${BODY.toString()}`;
const NEW = '/mail/example.test/alice/new/';

function request(parts: Partial<DeliveryRequest> = {}): DeliveryRequest {
  const copies = [{ target: { address: 'alice@example.test', usedBytes: 0 }, stamps: '' }];
  const usual = { sender: null, content: contentOf(BODY), omit: [], key: 'a1'.repeat(32), resumed: false, confirm: async () => true };
  return { ...usual, copies, signal: new AbortController().signal, ...parts };
}
async function deliver(files: MaildirFiles, parts: Partial<DeliveryRequest> = {}): Promise<Outcome | undefined> {
  const maildir = createMaildir({ root: '/mail', hostName: 'h', now: () => new Date(0), files, endingGraceMs: 0 });
  const [outcome] = await maildir.deliver(request(parts));
  return outcome;
}
/** Undefined when the file was synced before it was renamed, and the directory after; else what is wrong. */
function findDisorder(log: readonly string[]): string | undefined {
  const place = (operation: Operation, path: string) => log.findIndex((line) => line.startsWith(`${operation} ${path}`));
  const lastWrite = log.findLastIndex((line) => line.startsWith('write '));
  const [write, sync, rename, directory] = [lastWrite, place('sync', '/'), place('rename', NEW), place('syncDirectory', NEW.slice(0, -1))];
  if (!(write !== -1 && write < sync)) return 'the file is not synced after the last write';
  if (!(sync < rename)) return 'renamed before the file is synced';
  if (!(rename < directory)) return 'the directory is not synced after the rename';
  return undefined;
}
const withoutSync = ({ files }: ModelDisk): MaildirFiles => ({
  ...files,
  createFile: async (path) => ({ ...(await files.createFile(path)), sync: async () => undefined }),
});

describe('order', () => {
  test('the file is synced before the rename, the directory after', async () => {
    const disk = createModelDisk();
    expect(await deliver(disk.files, { content: contentOf(Buffer.alloc(200_000, 'x')) })).toMatchObject({ kind: 'stored' });
    expect(findDisorder(disk.log)).toBeUndefined();
  });
  test('the check of the order can fail', async () => {
    const disk = createModelDisk();
    await deliver(withoutSync(disk));
    expect(findDisorder(disk.log)).toBe('the file is not synced after the last write');
    const good = createModelDisk();
    await deliver(good.files);
    const late = good.log.filter((line) => !line.startsWith('sync '));
    expect(findDisorder([...late, good.log.find((line) => line.startsWith('sync ')) ?? ''])).toBe('renamed before the file is synced');
    expect(findDisorder(good.log.filter((line) => line !== `syncDirectory ${NEW.slice(0, -1)}`))).toMatch(/^the directory/u);
  });
});

describe('power cut', () => {
  const afterCut = (disk: ModelDisk) => [...disk.listAfterPowerCut()].filter(([path]) => path.startsWith(NEW)).map(([, text]) => text);

  test('what is stored survives it, in a new mailbox too', async () => {
    const disk = createModelDisk();
    expect(await deliver(disk.files)).toEqual({ kind: 'stored', bytes: STORED.length });
    expect(afterCut(disk)).toEqual([STORED]);
  });
  test('directories that another process made and did not sync are synced by us', async () => {
    const disk = createModelDisk();
    for (const path of ['', '/example.test', '/example.test/alice']) await disk.files.makeDirectory(`/mail${path}`);
    for (const part of ['tmp', 'new', 'cur']) await disk.files.makeDirectory(`/mail/example.test/alice/${part}`);
    await deliver(disk.files);
    expect(afterCut(disk)).toEqual([STORED]);
  });
  test.each<[string, (disk: ModelDisk) => MaildirFiles]>([
    ['the file', withoutSync],
    ['directories', (disk) => ({ ...disk.files, syncDirectory: async () => undefined })],
  ])('the model notices when %s are not synced', async (_what, broken) => {
    const disk = createModelDisk();
    expect(await deliver(broken(disk))).toMatchObject({ kind: 'stored' });
    expect(afterCut(disk)).not.toEqual([STORED]);
  });
});

describe('faults', () => {
  const rows: readonly [string, Operation, number, string][] = [
    ['EIO', 'sync', 1, 'the disk reports an error'],
    ['ENOSPC', 'write', 3, 'no space left'],
    ['EDQUOT', 'write', 1, 'quota is used up'],
    ['EROFS', 'createFile', 1, 'read-only'],
    ['EDQUOT', 'close', 1, 'quota is used up'],
    ['EIO', 'rename', 1, 'the disk reports an error'],
    ['ENOENT', 'rename', 1, 'ENOENT'],
    ['EIO', 'syncDirectory', 5, 'the disk reports an error'],
    ['ENOSPC', 'makeDirectory', 3, 'no space left'],
  ];
  test.each(rows)('%s at %s %i: delayed, nothing in new, nothing in tmp, no second sync', async (code, failing, nth, text) => {
    const disk = createModelDisk((operation, _path, count) => {
      if (operation === failing && count === nth) throw systemError(code);
    });
    const outcome = await deliver(disk.files, { content: contentOf(Buffer.alloc(300_000, 'x')) });
    expect(outcome).toMatchObject({ kind: 'delayed', detail: expect.stringContaining(text) });
    expect([...disk.list().keys()]).toEqual([]);
    expect(disk.log.filter((line) => line.startsWith('sync ')).length).toBeLessThanOrEqual(1);
  });

  test.each<[Operation, number]>([
    ['write', 300_000],
    ['sync', 10],
    ['close', 10],
  ])('an end during %s, %i octets: no further write, no rename, nothing left', async (during, size) => {
    const controller = new AbortController();
    const disk = createModelDisk((operation, _path, count) => {
      if (operation === during && count === 1) controller.abort(new Error('time is over'));
    });
    const maildir = createMaildir({ root: '/mail', hostName: 'h', now: () => new Date(0), files: disk.files });
    const content = contentOf(Buffer.alloc(size, 'x'));
    const [outcome] = await maildir.deliver(request({ content, signal: controller.signal }));
    expect(outcome).toEqual({ kind: 'delayed', detail: 'maildir: delivery was ended: time is over' });
    expect(disk.log.filter((line) => line.startsWith('write ')).length).toBe(1);
    expect(disk.log.filter((line) => line.startsWith('rename '))).toEqual([]);
    expect(disk.list().size).toBe(0);
  });

  test('after a fault the next message is stored: a fault of the directories is not kept', async () => {
    const disk = createModelDisk((operation, _path, count) => {
      if (operation === 'makeDirectory' && count === 1) throw systemError('ENOSPC');
    });
    const maildir = createMaildir({ root: '/mail', hostName: 'h', now: () => new Date(0), files: disk.files });
    expect(await maildir.deliver(request())).toMatchObject([{ kind: 'delayed' }]);
    expect(await maildir.deliver(request())).toMatchObject([{ kind: 'stored' }]);
  });

  test('one copy that fails does not touch the others', async () => {
    const disk = createModelDisk((operation, path) => {
      if (operation === 'write' && path.includes('/bob/')) throw systemError('ENOSPC');
    });
    const copies = ['alice', 'bob', 'carol'].map((name) => ({ target: { address: `${name}@x`, usedBytes: 0 }, stamps: '' }));
    const maildir = createMaildir({ root: '/mail', hostName: 'h', now: () => new Date(0), files: disk.files });
    const outcomes = await maildir.deliver(request({ copies }));
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['stored', 'delayed', 'stored']);
    expect(disk.list().size).toBe(2);
  });

  test('a fault or an end at any step: stored and safe, or delayed and gone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 24 }), fc.boolean(), async (step, abort) => {
        const controller = new AbortController();
        let steps = 0;
        const plan: Plan = () => {
          steps += 1;
          if (steps !== step) return;
          if (!abort) throw systemError('EIO');
          controller.abort(new Error('time is over'));
        };
        const disk = createModelDisk(plan);
        const maildir = createMaildir({ root: '/mail', hostName: 'h', now: () => new Date(0), files: disk.files });
        const [outcome] = await maildir.deliver(request({ signal: controller.signal }));
        const left = [...disk.list().keys()];
        if (outcome?.kind === 'stored') expect([...disk.listAfterPowerCut().values()]).toEqual([STORED]);
        else expect(left).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a disk that hangs', () => {
  /** Ends the delivery while the disk hangs; then lets it go on. */
  async function hangAt(hanging: Operation, after?: Error) {
    const answer = Promise.withResolvers<void>();
    const hangs = Promise.withResolvers<void>();
    const disk = createModelDisk(async (operation, _path, count) => {
      if (operation !== hanging || count !== (hanging === 'syncDirectory' ? 5 : 1)) return;
      hangs.resolve();
      await answer.promise;
      if (after !== undefined) throw after;
    });
    const controller = new AbortController();
    const delivering = deliver(disk.files, { signal: controller.signal });
    await hangs.promise;
    controller.abort(new Error('time is over'));
    const outcome = await delivering;
    return { disk, outcome, goOn: () => answer.resolve() };
  }
  test.each<Operation>(['createFile', 'write', 'sync'])('at %s: delayed soon after the end, and taken back later', async (hanging) => {
    const { disk, outcome, goOn } = await hangAt(hanging);
    expect(outcome).toEqual({ kind: 'delayed', detail: 'maildir: the disk did not answer in time' });
    goOn();
    await expect.poll(() => [...disk.list().keys()]).toEqual([]);
  });
  test.each<Operation>(['rename', 'syncDirectory'])(
    'at %s: uncertain, and never taken back: a retry may have found it and said so',
    async (hanging) => {
      const { disk, outcome, goOn } = await hangAt(hanging);
      expect(outcome).toEqual({ kind: 'delayed', detail: 'maildir: the disk did not answer in time', uncertain: true });
      goOn();
      await expect.poll(() => [...disk.listAfterPowerCut().values()]).toEqual([STORED]);
      expect(disk.log.filter((line) => line.startsWith('unlink '))).toEqual([]);
      expect(await deliver(disk.files, { resumed: true })).toEqual({ kind: 'stored', bytes: STORED.length });
      expect(disk.list().size).toBe(1);
    },
  );

  test.each<Operation>(['rename', 'syncDirectory'])(
    'at %s, and fails after everybody has gone: what is there is not touched any more',
    async (hanging) => {
      const { disk, goOn } = await hangAt(hanging, systemError('EIO'));
      const before = disk.list().size;
      goOn();
      await new Promise((resolve) => setImmediate(resolve));
      expect([before, disk.list().size]).toEqual([1, 1]);
      expect(disk.log.filter((line) => line.startsWith('unlink '))).toEqual([]);
    },
  );

  test('an end after the rename does not undo it', async () => {
    const controller = new AbortController();
    const disk = createModelDisk((operation, _path, count) => {
      if (operation === 'syncDirectory' && count === 5) controller.abort();
    });
    const maildir = createMaildir({ root: '/mail', hostName: 'h', now: () => new Date(0), files: disk.files });
    expect(await maildir.deliver(request({ signal: controller.signal }))).toMatchObject([{ kind: 'stored' }]);
  });
});
