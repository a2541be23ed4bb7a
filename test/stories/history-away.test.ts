import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { findFreePort, startProgram } from '@vratny/daemons';
import { ROOT, type RunningMx, startMx } from '@vratny/support/mx';
import { childrenOf } from '@vratny/support/process-state';
import { mountSmallDisk, type SmallDisk } from '@vratny/support/small-disk';
import { converse, droppedIn, entriesOf, makeSiteOfMany } from '@vratny/support/thousand-messages';
import { waitFor } from '@vratny/support/wait-for';
import type { WorldSite } from '@vratny/support/world-host';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** Room for all entries of this file, and for as much again that SQLite needs on its way. */
const DISK_KIB = 128 * 1024;
const AGAIN_MS = 60_000;
/** What a worker keeps for the writer: HISTORY_WAITING_MAX of mx. */
const WAITING_MAX = 5_000;
/** Entries that are sent together, HISTORY_BATCH of mx: so many may lack an answer when the writer stops. */
const BATCH = 200;

let disk: SmallDisk | undefined;
let site: WorldSite;
let mx: RunningMx;
let expected: readonly string[] = [];
/** Entries that the history should have. */
let decided = 0;
const historyFolder = () => join(disk?.path ?? site.folder, 'history');
const journalFile = () => join(site.folder, 'journal.log');
const journal = () => readFileSync(journalFile(), 'utf8');

beforeAll(async () => {
  disk = await mountSmallDisk(DISK_KIB);
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const history = { url: `sqlite:${disk === undefined ? '.' : disk.path}/history` };
  site = await makeSiteOfMany({ history, panel: { url, listen: `127.0.0.1:${port}` } });
  // It writes more lines than a test keeps of a program.
  writeFileSync(journalFile(), '');
  const by = ['sh', '-c', `exec "$0" "$@" 2>> '${journalFile()}'`];
  mx = await startMx({ siteFile: site.siteFile, host: 'a10', workers: 1, by });
  expected = await say('usual', 1);
  await untilStored('usual', entriesOf(1));
});
afterAll(async () => {
  await mx?.stop();
  await site?.[Symbol.asyncDispose]();
  await disk?.[Symbol.asyncDispose]();
});

const say = (sender: string, recipients: number) =>
  converse({
    ...{ port: mx.port, sender, recipients },
    onDecided: (entries) => {
      decided += entries;
    },
  });

/** A test that is tried again has another sender. */
const senderOf = (what: string, { result }: { readonly result?: { readonly retryCount?: number } }) => `${what}${result?.retryCount ?? 0}`;

/** Entries of a sender, or all. */
function countStored(sender?: string): number {
  const files = readdirSync(historyFolder()).filter((name) => /^\d{4}-\d\d-\d\d\.db$/u.test(name));
  return files.reduce((sum, name) => {
    using database = new DatabaseSync(join(historyFolder(), name), { readOnly: true, timeout: 5_000 });
    const where = sender === undefined ? '' : ' WHERE sender = ?';
    const row = database.prepare(`SELECT count(*) AS n FROM entry${where}`).get(...(sender === undefined ? [] : [`${sender}@sender.test`]));
    return sum + Number(row?.['n']);
  }, 0);
}

/** Waits until so many of a sender are there. */
const untilStored = (sender: string, least: number) =>
  waitFor(
    `${least} entries of ${sender} are there`,
    () => {
      const found = countStored(sender);
      return found >= least ? found : undefined;
    },
    { deadlineMs: AGAIN_MS, explain: () => `${countStored(sender)} are there\n${journal().slice(-2_000)}` },
  );

const findWriter = () =>
  waitFor('there is a writer', () => childrenOf(mx.pid).find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('\0writer')));

describe('a thousand messages get the replies that they would have got', () => {
  test('while the writer stands still; what does not fit into the queue is dropped', async ({ task }) => {
    const sender = senderOf('frozen', task);
    const pid = await findWriter();
    process.kill(pid, 'SIGSTOP');
    try {
      expect(await say(sender, 12)).toEqual(expected);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect(await untilStored(sender, WAITING_MAX - BATCH)).toBeLessThanOrEqual(WAITING_MAX);
    expect(droppedIn(journal())?.entries).toBeGreaterThan(0);
  });

  test('while the writer is killed; each decision is kept once', async ({ task }) => {
    const sender = senderOf('killed', task);
    process.kill(await findWriter(), 'SIGKILL');
    expect(await say(sender, 4)).toEqual(expected);
    expect(await untilStored(sender, entriesOf(4))).toBe(entriesOf(4));
    expect(journal()).toContain('"where":"writer"');
  });

  test('while its disk is full; what the queue held comes when there is room', async (context) => {
    if (disk === undefined) return context.skip('a small file system cannot be mounted here');
    const sender = senderOf('full', context.task);
    const ballast = join(disk.path, 'ballast');
    fill(ballast);
    try {
      expect(await say(sender, 12)).toEqual(expected);
      await waitFor('it is a fault', () => (/"detail":"the history in [^"]*full"/u.test(journal()) ? true : undefined), {
        deadlineMs: AGAIN_MS,
        explain: () => journal().slice(-2_000),
      });
    } finally {
      rmSync(ballast);
    }
    expect(await untilStored(sender, WAITING_MAX - BATCH)).toBeLessThan(entriesOf(12));
  });

  test('while the panel is killed', async ({ task }) => {
    const sender = senderOf('panel', task);
    const panel = startProgram(process.execPath, [join(ROOT, 'cmd', 'panel', 'src', 'main.ts'), '--config', site.siteFile]);
    await waitFor('the panel listens', () => (panel.stdout().includes('listening on') ? true : undefined), {
      deadlineMs: AGAIN_MS,
      explain: panel.stderr,
    });
    panel.signal('SIGKILL');
    await panel.ended;
    expect(await say(sender, 1)).toEqual(expected);
    expect(await untilStored(sender, entriesOf(1))).toBe(entriesOf(1));
  });

  test('and the number of what was dropped is exact', async ({ task }) => {
    // Behind everything that waits.
    const sender = senderOf('last', task);
    expect(await say(sender, 1)).toEqual(expected);
    expect(await untilStored(sender, entriesOf(1))).toBe(entriesOf(1));
    await mx.stop();
    expect(droppedIn(journal())).toEqual({ entries: decided - countStored(), counts: 0 });
  });
});

/** Takes all room that is left. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  const piece = Buffer.alloc(64 * 1024);
  try {
    // The last one is written as far as there is room.
    for (;;) writeSync(file, piece);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  } finally {
    closeSync(file);
  }
}
