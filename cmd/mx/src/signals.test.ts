import { readFileSync } from 'node:fs';
import { untilListening } from '@vratny/support/mx';
import { expect, it } from 'vitest';
import { makeSite, spawnMx, waitFor } from './mx.fixture.ts';

const TEST_MS = 180_000;
const STARTED_MS = 60_000;

/** It has begun to run: before that, signals are the kernel's and Node's. */
const runs = (pid: number | undefined) => waitFor('the program runs', () => caughtSignals(pid), undefined, STARTED_MS);

it.each(['a10', 'c20'])('SIGHUP while %s starts does not end it', { timeout: TEST_MS }, async (host) => {
  const mx = spawnMx(await makeSite(), { host });
  await runs(mx.pid);
  mx.signal('SIGHUP');
  await untilListening(mx);
  await waitFor('it is done afterwards', () => mx.stderr().includes('"reloaded"'), mx.stderr, STARTED_MS);
  mx.signal('SIGTERM');
  expect(await mx.ended).toBe(0);
});

it.each([
  ['SIGTERM', 'a10'],
  ['SIGINT', 'a10'],
  ['SIGTERM', 'c20'],
] as const)('%s while %s starts ends it with 0, and leaves no process behind', { timeout: TEST_MS }, async (signal, host) => {
  const mx = spawnMx(await makeSite(), { host, workers: 2 });
  await runs(mx.pid);
  mx.signal(signal);
  // The pipes close when the last process is gone.
  expect(await mx.ended).toBe(0);
});

/** Whether a process catches SIGHUP by now (proc(5)). */
function caughtSignals(pid: number | undefined): boolean {
  try {
    const mask = /^SigCgt:\s*([0-9a-f]+)$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
    return (BigInt(`0x${mask}`) & 1n) === 1n;
  } catch {
    return false;
  }
}
