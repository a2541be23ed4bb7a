import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { openSqliteRegister } from '@vratny/directory/sqlite';
import { childrenOf } from '@vratny/support/process-state';
import { messageTo, talk } from '@vratny/support/talk';
import { waitFor } from '@vratny/support/wait-for';
import { startWorldHost } from '@vratny/support/world-host';
import { expect, it } from 'vitest';

const ALICE = 'alice@a.example.test';

/** Processes of mx that have a file open for writing. */
function writersOf(mx: number, path: string): readonly number[] {
  return childrenOf(mx).filter((pid) =>
    readdirSync(`/proc/${pid}/fd`).some((fd) => {
      if (readlinkSync(`/proc/${pid}/fd/${fd}`) !== path) return false;
      const flags = /^flags:\s+(\d+)$/mu.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1];
      return (Number.parseInt(flags ?? '', 8) & 0o3) !== 0;
    }),
  );
}

it('with Maildir one process writes how much mailboxes hold, many messages at once, and all of it when mx ends', async () => {
  await using host = await startWorldHost({ host: 'a10', workers: 2 });
  const path = host.site.directoryFile;
  await using stack = new AsyncDisposableStack();
  const register = stack.adopt(await openSqliteRegister({ path, now: () => new Date() }), (one) => one.close());
  const used = async (): Promise<number | undefined> =>
    (await register.listMailboxes('a.example.test')).find(({ address }) => address === ALICE)?.usedBytes;
  const stored = (): number => host.site.stored(ALICE).reduce((sum, message) => sum + message.length, 0);
  expect(writersOf(host.mx.pid, path)).toEqual([]);
  await Promise.all(Array.from({ length: 10 }, (_, at) => talk(host, messageTo(ALICE, `message ${at}`, '250 2.0.0 ...'))));
  await waitFor('the directory says what the mailbox holds', async () => ((await used()) === stored() ? true : undefined));
  expect(writersOf(host.mx.pid, path)).toHaveLength(1);
  const lock = new DatabaseSync(path);
  lock.exec('BEGIN IMMEDIATE');
  await talk(host, messageTo(ALICE, 'while it is locked', '250 2.0.0 ...'));
  await waitFor('the fault is told', () => (host.mx.stderr().includes('how much mailboxes hold was not written') ? true : undefined));
  lock.exec('ROLLBACK');
  lock.close();
  await waitFor('what could not be written is', async () => ((await used()) === stored() ? true : undefined));
  // The last one is told on the way out.
  await talk(host, messageTo(ALICE, 'the last', '250 2.0.0 ...'));
  await host.mx.stop();
  expect(host.site.stored(ALICE)).toHaveLength(12);
  expect(await used()).toBe(stored());
}, 120_000);
