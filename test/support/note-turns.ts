/**
 * Loaded into a program by NODE_OPTIONS: the long turns of its event loop, a line for each with the time and the milliseconds of processor time, in a file of
 * its process id in the folder VRATNY_TEST_TURNS. A timer that is due runs in the next turn, so what the thread used between two of its runs is at most
 * {@link EVERY_MS} more than the longest turn; what other programs of the machine use does not count.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

const EVERY_MS = 20;
/** Turns below this are not written down. */
const LONG_MS = 50;

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

let before = threadMs();
setInterval(() => {
  const now = threadMs();
  if (now - before > LONG_MS) {
    const line = `${Date.now()} ${Math.round(now - before)}\n`;
    appendFileSync(join(process.env['VRATNY_TEST_TURNS'] ?? '', String(process.pid)), line);
  }
  before = now;
}, EVERY_MS).unref();
