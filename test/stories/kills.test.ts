import { isAlive, workersOf } from '@vratny/support/process-state';
import { beginMessage, greet, messageTo, say, talk } from '@vratny/support/talk';
import { waitFor } from '@vratny/support/wait-for';
import { startWorldHost } from '@vratny/support/world-host';
import { expect, test } from 'vitest';

const ALICE = 'alice@example.test';
const STORED = '250 2.0.0 ...';

test('kill -9 of a worker: a new one serves, what was acknowledged is there, what was not is not', async () => {
  await using host = await startWorldHost();
  await talk(host, messageTo(ALICE, 'acknowledged', STORED));
  const running = await beginMessage(host, ALICE, 'unfinished');
  const [worker = 0] = workersOf(host.mx.pid);
  process.kill(worker, 'SIGKILL');
  expect(await running.readLine()).toBeUndefined();
  await waitFor('a new worker', () => workersOf(host.mx.pid).find((pid) => pid !== worker && isAlive(pid)), { explain: host.mx.stderr });
  await waitFor(
    'the new worker serves',
    () =>
      talk(host, messageTo(ALICE, 'afterwards', STORED)).then(
        () => true,
        () => undefined,
      ),
    { explain: host.mx.stderr },
  );
  await waitFor('the journal tells of it', () => (host.mx.stderr().includes('"worker-lost"') ? true : undefined));
  const subjects = host.site.stored(ALICE).map((message) => /^Subject: (.*?)\r?$/mu.exec(message)?.[1]);
  expect(subjects).toEqual(['acknowledged', 'afterwards']);
});

test('kill -9 of the supervisor: its workers end too, nobody keeps the port', async () => {
  await using host = await startWorldHost({ workers: 2 });
  const workers = workersOf(host.mx.pid);
  expect(workers).toHaveLength(2);
  host.mx.signal('SIGKILL');
  expect(await host.mx.ended).toBe('SIGKILL');
  await waitFor('the workers are gone', () => (workers.some(isAlive) ? undefined : true));
});

test('SIGTERM: nobody new is let in, idle clients are told, the running message is finished, exit code 0', async () => {
  await using host = await startWorldHost({ workers: 2 });
  const running = await beginMessage(host, ALICE, 'finished');
  const idle = await greet(host);
  host.mx.signal('SIGTERM');
  expect(await idle.readLine()).toMatch(/^421 4\.3\.2 /u);
  expect(await idle.readLine()).toBeUndefined();
  await waitFor('the port is closed', () =>
    greet(host).then(
      (late) => late.close(),
      () => true,
    ),
  );
  expect(host.mx.ending()).toBeUndefined();
  expect(await say(running, 'the other half\r\n.')).toMatch(/^250 2\.0\.0 /u);
  expect(await host.mx.ended).toBe(0);
  running.close();
  const [message = ''] = host.site.stored(ALICE);
  expect(message).toContain('half of it\r\nthe other half\r\n');
});
