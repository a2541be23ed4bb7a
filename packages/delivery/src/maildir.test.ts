import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Content, contentOf } from '@vratny/message';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeDelivery } from './contract.ts';
import type { MaildirFiles } from './maildir/files.ts';
import { nodeFiles } from './maildir/node-files.ts';
import { createMaildir } from './maildir.ts';
import type { DeliveryRequest } from './port.ts';

const KEY = '0123456789abcdef'.repeat(4);
const now = () => new Date(1_700_000_000_123);
const newDirectory = () => mkdtemp(join(tmpdir(), 'vratny-maildir-'));

async function messagesIn(directory: string): Promise<Buffer[]> {
  const names = await readdir(directory).catch(() => []);
  return Promise.all(names.map((name) => readFile(join(directory, name))));
}
async function waitUntil(look: () => Promise<boolean>): Promise<void> {
  const deadline = AbortSignal.timeout(5_000);
  while (!(await look())) deadline.throwIfAborted();
}
async function create() {
  const root = await newDirectory();
  const box = (address: string) => join(root, ...address.split('@').reverse());
  return {
    delivery: createMaildir({ root, hostName: 'd10.test', now }),
    stored: (address: string) => messagesIn(join(box(address), 'new')),
    empty: async (address: string) => {
      for (const name of await readdir(join(box(address), 'new'))) await rm(join(box(address), 'new', name));
    },
    leftovers: async () => (await readdir(root, { recursive: true })).filter((path) => /\/tmp\/./u.test(path)),
    dispose: () => rm(root, { recursive: true, force: true }),
  };
}
describeDelivery('maildir', create, { countsQuota: true, looksForEarlier: true });

describe('maildir', () => {
  let root = '';
  beforeEach(async () => {
    root = await newDirectory();
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const alice = { address: 'alice@example.test', usedBytes: 0 };
  const message: DeliveryRequest = {
    sender: { local: 'a b', domain: 'example.net' },
    content: contentOf(Buffer.from('Subject: x\r\n\r\nbody\r\n')),
    omit: [],
    key: KEY,
    resumed: false,
    confirm: async () => true,
    copies: [{ target: alice, stamps: 'X-A: 1\r\n' }],
    signal: new AbortController().signal,
  };
  const box = () => join(root, 'example.test', 'alice');

  test('the file: its name, its bytes, who may read it', async () => {
    const maildir = createMaildir({ root, hostName: 'a:b/c,d', now, uniqueId: () => 'P1Q2_x' });
    await maildir.deliver(message);
    const text = 'Return-Path: <"a b"@example.net>\r\nX-A: 1\r\nSubject: x\r\n\r\nbody\r\n';
    const name = `1700000000.M123000P1Q2_xK${KEY.slice(0, 32)}.a\\072b\\057c\\054d,S=${text.length},W=${text.length}`;
    expect(await readdir(join(box(), 'new'))).toEqual([name]);
    const path = join(box(), 'new', name);
    expect((await readFile(path)).toString()).toBe(text);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    for (const directory of [box(), join(box(), 'tmp'), join(box(), 'cur'), join(root, 'example.test')]) {
      expect((await stat(directory)).mode & 0o777).toBe(0o700);
    }
  });

  test.each([1, 1_000, 65_536])(
    'a spool that overwrites its block with each chunk of %i octets is stored octet for octet',
    async (chunkBytes) => {
      const body = randomBytes(chunkBytes === 1 ? 3_000 : 400_000);
      const content: Content = {
        ...contentOf(body),
        async *read(_range, block) {
          if (block === undefined) throw new Error('no block was lent');
          for (let at = 0; at < body.length; at += chunkBytes) {
            yield block.subarray(0, body.copy(block, 0, at, at + chunkBytes));
            block.fill('?');
          }
        },
      };
      const omit = [
        { start: 0, end: 10 },
        { start: 100, end: 2_000 },
      ];
      const maildir = createMaildir({ root, hostName: 'h', now });
      const copies = [
        { target: alice, stamps: `X-A: ${'1'.repeat(900)}\r\n` },
        { target: { address: 'bob@example.test', usedBytes: 0 }, stamps: '' },
      ];
      await maildir.deliver({ ...message, content, omit, copies });
      const kept = Buffer.concat([body.subarray(10, 100), body.subarray(2_000)]);
      const head = 'Return-Path: <"a b"@example.net>\r\n';
      expect(await messagesIn(join(box(), 'new'))).toEqual([Buffer.concat([Buffer.from(`${head}X-A: ${'1'.repeat(900)}\r\n`), kept])]);
      expect(await messagesIn(join(root, 'example.test', 'bob', 'new'))).toEqual([Buffer.concat([Buffer.from(head), kept])]);
    },
  );

  test('a name that is taken is not written over', async () => {
    const maildir = createMaildir({ root, hostName: 'h', now, uniqueId: () => 'same' });
    await maildir.deliver(message);
    await writeFile(join(box(), 'tmp', (await readdir(join(box(), 'new')))[0] ?? ''), 'of another process');
    const [outcome] = await maildir.deliver(message);
    expect(outcome).toMatchObject({ kind: 'delayed' });
    expect(await messagesIn(join(box(), 'tmp'))).toEqual([Buffer.from('of another process')]);
  });

  test('a mailbox that somebody removed is created again', async () => {
    const maildir = createMaildir({ root, hostName: 'h', now });
    await maildir.deliver(message);
    await rm(join(root, 'example.test'), { recursive: true });
    expect(await maildir.deliver(message)).toMatchObject([{ kind: 'stored' }]);
  });

  test('a root that is not there is never made: asked it is a fault, and a delivery is delayed', async () => {
    const volume = join(root, 'volume');
    const maildir = createMaildir({ root: volume, hostName: 'h', now });
    const refused = { kind: 'delayed', detail: expect.stringMatching(/^maildir: storing for alice@example\.test: ENOENT/u) };
    expect(await maildir.deliver(message)).toMatchObject([refused]);
    expect((await maildir.admits(alice, 10, new AbortController().signal)).kind).toBe('fault');
    expect(await readdir(root)).toEqual([]);
    await mkdir(volume);
    expect(await maildir.deliver(message)).toMatchObject([{ kind: 'stored' }]);
    expect((await maildir.admits(alice, 10, new AbortController().signal)).kind).toBe('room');
  });

  test('nothing is made in the empty directory that an unmounted volume leaves; mail flows when it is back', async () => {
    const [volume, away] = [join(root, 'volume'), join(root, 'away')];
    await mkdir(volume);
    const maildir = createMaildir({ root: volume, hostName: 'h', now });
    const toBob = { ...message, copies: [{ target: { address: 'bob@example.test', usedBytes: 0 }, stamps: '' }] };
    expect(await maildir.deliver(message)).toMatchObject([{ kind: 'stored' }]);
    await rename(volume, away);
    await mkdir(volume);
    for (const one of [message, toBob]) {
      expect(await maildir.deliver(one)).toMatchObject([{ kind: 'delayed', detail: expect.stringContaining('is its volume mounted?') }]);
    }
    expect(await readdir(volume)).toEqual([]);
    await rm(volume, { recursive: true });
    await rename(away, volume);
    for (const one of [message, toBob]) expect(await maildir.deliver(one)).toMatchObject([{ kind: 'stored' }]);
  });

  describe('room', () => {
    const content = contentOf(Buffer.from(`Subject: x\r\n\r\n${'x'.repeat(10_000)}\r\n`));
    const withQuota = (quotaBytes: number): DeliveryRequest => ({
      ...message,
      content,
      copies: [{ target: { ...alice, quotaBytes }, stamps: '' }],
    });
    const stored = async () => (await messagesIn(join(box(), 'new'))).reduce((sum, bytes) => sum + bytes.length, 0);

    test('of a box is not overdrawn by several programs at once', async () => {
      const hosts = ['a', 'b', 'c', 'd'].map((hostName) => createMaildir({ root, hostName, now }));
      const all = await Promise.all(hosts.flatMap((host) => Array.from({ length: 5 }, () => host.deliver(withQuota(35_000)))));
      const kinds = all.flat().map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'stored')).toHaveLength(3);
      expect(await stored()).toBeLessThanOrEqual(35_000);
    });

    test('is counted again when a message that was being written has been stored since', async () => {
      await mkdir(join(box(), 'tmp'), { recursive: true });
      await mkdir(join(box(), 'new'));
      const other = `1.P1Q1_xK${'0'.repeat(32)}.other,S=30000,W=30000`;
      await writeFile(join(box(), 'tmp', other), Buffer.alloc(30_000));
      const storing: MaildirFiles = {
        ...nodeFiles,
        async lastChangeOf(path) {
          if (path === join(box(), 'tmp', other)) await rename(path, join(box(), 'new', other));
          return nodeFiles.lastChangeOf(path);
        },
      };
      const outcome = await createMaildir({ root, hostName: 'h', now, files: storing }).deliver(withQuota(35_000));
      expect(outcome).toMatchObject([{ kind: 'refused', usedBytes: 30_000 }]);
      expect(await readdir(join(box(), 'new'))).toEqual([other]);
      expect(await readdir(join(box(), 'tmp'))).toEqual([]);
    });

    test('is not kept free by what a dead process left, but by what another writes', async () => {
      const maildir = createMaildir({ root, hostName: 'h', now });
      await mkdir(join(box(), 'tmp'), { recursive: true });
      const other = join(box(), 'tmp', `1.P1Q1_xK${'0'.repeat(32)}.other,S=30000,W=30000`);
      await writeFile(other, '');
      const ending = new AbortController();
      const waiting = maildir.deliver({ ...withQuota(35_000), signal: ending.signal });
      await waitUntil(async () => (await readdir(join(box(), 'tmp'))).length === 1 && (await stored()) === 0);
      ending.abort();
      expect(await waiting).toMatchObject([{ kind: 'delayed' }]);
      const old = new Date(Date.now() - 10 * 60_000);
      const lying: MaildirFiles = {
        ...nodeFiles,
        lastChangeOf: async (path) => (path === other ? old.getTime() : nodeFiles.lastChangeOf(path)),
      };
      expect(await createMaildir({ root, hostName: 'h', now, files: lying }).deliver(withQuota(35_000))).toMatchObject([
        { kind: 'stored' },
      ]);
    });
  });

  test.each(['../../x', 'a/b', '..', '.', '.hidden', 'nul\0', 'x'.repeat(1000), 'Upper'])(
    'the local part %j stays inside the root',
    async (local) => {
      const inside = join(root, 'inside');
      await mkdir(inside);
      const maildir = createMaildir({ root: inside, hostName: 'h', now });
      const copies = [{ target: { address: `${local}@example.test`, usedBytes: 0 }, stamps: '' }];
      expect(await maildir.deliver({ ...message, copies })).toMatchObject([{ kind: 'stored' }]);
      expect(await readdir(root)).toEqual(['inside']);
      expect(await readdir(inside)).toEqual(['example.test']);
      const [name, ...others] = await readdir(join(inside, 'example.test'));
      expect(others).toEqual([]);
      expect((await readdir(join(inside, 'example.test', name ?? ''))).toSorted()).toEqual(['cur', 'new', 'tmp']);
    },
  );

  test('used octets: names first, then sizes; subfolders too, tmp not', async () => {
    const files: readonly [string, number][] = [
      ['new/1.a,S=100,W=110', 1],
      ['cur/2.b,S=200:2,S', 1],
      ['cur/3.c:2,', 30],
      ['cur/4.Xd,SS=9', 4],
      ['.Sent/cur/5.e,S=1000', 1],
      ['.Sent/new/6.f', 5],
      ['tmp/7.g,S=50000', 1],
      ['dovecot-uidlist', 77],
    ];
    for (const folder of ['.', '.Sent'])
      for (const part of ['new', 'cur', 'tmp']) await mkdir(join(box(), folder, part), { recursive: true });
    await mkdir(join(box(), 'cur', 'directory'));
    for (const [path, size] of files) await writeFile(join(box(), path), Buffer.alloc(size));
    const maildir = createMaildir({ root, hostName: 'h', now });
    expect(await maildir.admits({ ...alice, usedBytes: 9999, quotaBytes: 1 }, 0, message.signal)).toEqual({
      kind: 'full',
      usedBytes: 1339,
    });
  });

  test('room by what is written down does not touch the disk', async () => {
    const names = () => {
      throw new Error('the disk was touched');
    };
    const maildir = createMaildir({ root, hostName: 'h', now, files: { ...nodeFiles, names } });
    expect(await maildir.admits({ ...alice, quotaBytes: 10 }, 10, message.signal)).toEqual({ kind: 'room' });
    expect(await maildir.admits({ ...alice, quotaBytes: 10 }, 11, message.signal)).toMatchObject({ kind: 'fault' });
  });
});
