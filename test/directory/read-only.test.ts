import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteRegister } from '@vratny/directory/sqlite';
import { startLmtpServer } from '@vratny/support/lmtp-server';
import { type RunningMx, startMx } from '@vratny/support/mx';
import { runToEnd } from '@vratny/support/running-program';
import { messageTo, talk } from '@vratny/support/talk';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { makeWorldSite } from '@vratny/support/world-host';
import { expect, it } from 'vitest';

const ADDRESS = (name: string): string => `${name}@a.example.test`;

/** Becomes a program that sees a folder which cannot be written, whoever it runs as. */
function seeingReadOnly(folder: string): readonly string[] {
  const script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"';
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, folder];
}

it('with LMTP a host serves from a folder that it cannot write, and sees what others write there', async () => {
  using folder = makeTemporaryFolder('read-only');
  const path = join(folder.path, 'data', 'directory.db');
  mkdirSync(join(folder.path, 'data'));
  const change = async (...names: readonly string[]): Promise<void> => {
    const register = await openSqliteRegister({ path, now: () => new Date() });
    if (names.includes('alice')) await register.addDomain('a.example.test', 'a', 'test');
    for (const name of names) await register.addMailbox(ADDRESS(name), { quotaBytes: 1_000_000 }, 'test');
    await register.close();
  };
  await change('alice');
  await using store = await startLmtpServer();
  await using site = await makeWorldSite({ extra: { directory: `sqlite:${path}`, delivery: store.url } });
  const by = seeingReadOnly(join(folder.path, 'data'));
  expect(await (await runToEnd(by[0] ?? '', [...by.slice(1), 'touch', path])).ended).toBe(1);
  await using stack = new AsyncDisposableStack();
  const start = async (): Promise<RunningMx> =>
    stack.adopt(await startMx({ siteFile: site.siteFile, by }), async (one) => void (await one.stop()));
  const mx = await start();
  const host = { site, mx, [Symbol.asyncDispose]: async () => undefined };
  const rcpt = (name: string, reply: string): Promise<void> =>
    talk(
      host,
      `S: 220 ...\nC: HELO client.test\nS: 250 ...\nC: MAIL FROM:<a@sender.test>\nS: 250 ...\nC: RCPT TO:<${ADDRESS(name)}>\nS: ${reply}\nC: QUIT\nS: 221 ...`,
    );
  await talk(host, messageTo(ADDRESS('alice'), 'one', '250 2.0.0 ...'));
  await rcpt('bob', '550 5.1.1 ...');
  // While the host has it open, and again: a log comes and goes beside the file.
  for (const name of ['bob', 'carol', 'dora']) {
    await change(name);
    await rcpt(name, '250 ...');
    await rcpt('nobody', '550 5.1.1 ...');
  }
  // One that starts while the log of somebody who is gone lies there.
  await using writer = await openWriter(path);
  await writer.add('emil');
  const second = { ...host, mx: await start() };
  await talk(second, messageTo(ADDRESS('emil'), 'two', '250 2.0.0 ...'));
  expect(store.taken.map(({ recipients }) => recipients.join())).toEqual(
    [ADDRESS('alice'), ADDRESS('emil')].map((one) => expect.stringContaining(one) as string),
  );
  expect(mx.stderr()).not.toMatch(/"where":"(?:directory|register)"/u);
}, 120_000);

async function openWriter(path: string) {
  const register = await openSqliteRegister({ path, now: () => new Date() });
  return {
    add: (name: string) => register.addMailbox(ADDRESS(name), {}, 'test'),
    [Symbol.asyncDispose]: () => register.close(),
  };
}
