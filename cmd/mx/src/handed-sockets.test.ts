import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { delivers, kill, makeSite, waitFor } from './mx.fixture.ts';
import { bindSockets } from './sockets.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const TEST_MS = 120_000;

/** Runs mx as systemd does: with descriptors from 3 on, and their number in the environment. */
async function runWith(descriptors: readonly number[], ...words: readonly string[]) {
  const site = await makeSite();
  const script = `export LISTEN_PID=$$ LISTEN_FDS=${descriptors.length}; exec "$@"`;
  const command = [process.execPath, MAIN, '--config', site.file, '--workers', '1', ...words];
  const child = spawn('sh', ['-c', script, 'sh', ...command], { stdio: ['ignore', 'pipe', 'pipe', ...descriptors], detached: true });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  onTestFinished(async () => {
    if (child.exitCode === null && child.pid !== undefined) kill(-child.pid);
    await ended;
  });
  const text = { out: '', error: '' };
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => (text.out += piece));
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => (text.error += piece));
  return { site, child, ended, text };
}

test.each(['a10', 'c20'])('%s listens on what it was given, and leaves it open', { timeout: TEST_MS }, async (host) => {
  const sockets = await bindSockets([{ host: '127.0.0.1', port: 0 }]);
  onTestFinished(() => sockets.close());
  const port = sockets.addresses[0]?.port ?? 0;
  for (const _start of host === 'a10' ? ['one'] : ['one', 'another']) {
    const mx = await runWith(sockets.descriptors, '--host', host);
    await waitFor('it listens', () => mx.text.out.includes('\n') || mx.child.exitCode !== null);
    expect(mx.text.out, mx.text.error).toBe(`listening on 127.0.0.1:${port}\n`);
    if (host === 'a10') await delivers(mx.site, port);
    mx.child.kill('SIGTERM');
    expect(await mx.ended).toBe(0);
  }
});

test.each(['a10', 'c20'])('%s: a descriptor that is no TCP socket is named, exit code 78', { timeout: TEST_MS }, async (host) => {
  const file = openSync('/dev/null', 'r');
  onTestFinished(() => closeSync(file));
  const mx = await runWith([file], '--host', host);
  expect(await mx.ended).toBe(78);
  expect(mx.text.error).toMatch(/^mx: systemd handed over descriptor 3, which is no TCP socket: ListenStream= .+\n$/u);
});
