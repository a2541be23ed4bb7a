import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LEFTOVER_AGE_MS, SWEEP_EVERY_MS, SWEEP_NAMES_MAX } from '../limits.ts';
import { createModelDisk } from './model-disk.fixture.ts';
import { nodeFiles } from './node-files.ts';
import { createSweep } from './sweep.ts';

const HOUR = 3_600_000;

test('files in tmp are removed after 36 hours; directories, links and mail are not', async () => {
  const box = await mkdtemp(join(tmpdir(), 'vratny-sweep-'));
  try {
    await mkdir(join(box, 'tmp', 'directory'), { recursive: true });
    await mkdir(join(box, 'new'));
    for (const path of ['tmp/one', 'tmp/two', 'new/mail']) await writeFile(join(box, path), '');
    // mtime is anybody's to set; the time of the last rename is not.
    await utimes(join(box, 'tmp', 'one'), 0, 0);
    const written = Date.now();
    createSweep(nodeFiles, () => new Date(written + 37 * HOUR)).schedule(join(box, 'absent'));
    createSweep(nodeFiles, () => new Date(written + 37 * HOUR)).schedule(box);
    await expect.poll(() => readdir(join(box, 'tmp'))).toEqual(['directory']);
    expect(await readdir(join(box, 'new'))).toEqual(['mail']);
  } finally {
    await rm(box, { recursive: true });
  }
});

/** A sweep over mailboxes that hold so many old files each; files are as old as the clock says. */
async function planted(counts: Readonly<Record<string, number>>) {
  const disk = createModelDisk();
  for (const [box, count] of Object.entries(counts)) {
    for (const path of [`/${box}`, `/${box}/tmp`]) await disk.files.makeDirectory(path);
    for (let at = 0; at < count; at += 1) await disk.files.createFile(`/${box}/tmp/${at}`);
  }
  const clock = { ms: 100 * HOUR };
  const looked: string[] = [];
  const files = {
    ...disk.files,
    names: (path: string) => {
      looked.push(path);
      return disk.files.names(path);
    },
  };
  return { disk, clock, looked, sweep: createSweep(files, () => new Date(clock.ms)) };
}
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test('one mailbox at a time, each once in half a day, and a bounded number of names', async () => {
  const { disk, clock, looked, sweep } = await planted({ a: SWEEP_NAMES_MAX + 5, b: 1 });
  for (const box of ['/a', '/b', '/a']) sweep.schedule(box);
  expect(looked).toEqual(['/a/tmp']);
  await expect.poll(() => disk.list().size).toBe(5);
  sweep.schedule('/a');
  await settle();
  expect(looked).toEqual(['/a/tmp', '/b/tmp']);
  clock.ms += SWEEP_EVERY_MS;
  sweep.schedule('/a');
  await expect.poll(() => disk.list().size).toBe(0);
});

test('36 hours are not more than 36 hours', async () => {
  const { disk, clock, sweep } = await planted({ a: 1 });
  clock.ms = LEFTOVER_AGE_MS;
  sweep.schedule('/a');
  await settle();
  expect(disk.list().size).toBe(1);
  clock.ms += SWEEP_EVERY_MS;
  sweep.schedule('/a');
  await settle();
  expect(disk.list().size).toBe(0);
});

test('a closed sweep ends', async () => {
  const { disk, sweep } = await planted({ a: 100, b: 1 });
  sweep.schedule('/a');
  sweep.schedule('/b');
  sweep.close();
  await settle();
  sweep.schedule('/c');
  expect(disk.list().size).toBeGreaterThanOrEqual(100);
});
