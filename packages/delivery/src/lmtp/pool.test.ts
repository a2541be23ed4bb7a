import { startLmtpServer } from '@vratny/support/lmtp-server';
import { expect, test } from 'vitest';
import { ALICE, BOB, createClient } from './client.fixture.ts';
import { CONNECTION_AGE_MS } from './limits.ts';

const many = (count: number) => Array.from({ length: count }, (_none, at) => at);

test('connections are used again, and no more than allowed are opened', async () => {
  await using store = await startLmtpServer();
  await using client = createClient([store], { connectionsMax: 3 });
  const kinds = await Promise.all(many(60).map(() => client.kinds([ALICE])));
  expect(new Set(kinds.flat())).toEqual(new Set(['stored']));
  expect(store.connections()).toBe(3);
  await client.kinds([ALICE]);
  expect(store.connections()).toBe(3);
});

test('who comes first is served first', async () => {
  await using store = await startLmtpServer();
  await using client = createClient([store], { connectionsMax: 1 });
  await Promise.all(many(20).map((at) => client.deliver([`box${at}@example.test`])));
  expect(store.taken.flatMap((one) => one.recipients)).toEqual(many(20).map((at) => `box${at}@example.test`));
});

test('nobody waits for a connection for ever, and the next server is tried then', async () => {
  await using store = await startLmtpServer({ dot: () => ['HANG'] });
  await using other = await startLmtpServer();
  const options = { connectionsMax: 1, deadlines: { queueMs: 50, storeMs: 60_000 } };
  await using alone = createClient([store], options);
  await using both = createClient([store, other], options);
  const ending = new AbortController();
  const stuck = [alone, both].map((client) => client.kinds([ALICE], { signal: ending.signal }));
  expect(await alone.deliver([BOB])).toEqual([{ kind: 'delayed', detail: expect.stringContaining('no connection was free') }]);
  expect(await both.kinds([BOB])).toEqual(['stored']);
  ending.abort();
  expect((await Promise.all(stuck)).flat()).toEqual(['delayed?', 'delayed?']);
});

test('one that gives up while it waits takes nobody else with it', async () => {
  await using store = await startLmtpServer();
  await using client = createClient([store], { connectionsMax: 1 });
  const ending = new AbortController();
  const first = client.kinds([ALICE]);
  const gone = client.kinds([ALICE], { signal: ending.signal });
  const third = client.kinds([ALICE]);
  ending.abort();
  expect((await Promise.all([first, gone, third])).flat()).toEqual(['stored', 'delayed', 'stored']);
});

test.each([[1], [4]])('connections that the server closed meanwhile are not noticed by anybody: %i', async (connectionsMax) => {
  await using store = await startLmtpServer();
  await using client = createClient([store], { connectionsMax });
  for (let round = 0; round < 5; round += 1) {
    expect((await Promise.all(many(8).map(() => client.kinds([ALICE])))).flat()).toEqual(many(8).map(() => 'stored'));
    store.closeAll();
  }
});

test('a server that says 421 to a connection that lay unused gets a second try', async () => {
  await using store = await startLmtpServer({
    command: (command, { messages }) => (command.startsWith('MAIL') && messages > 0 ? '421 4.4.2 too old\r\n' : undefined),
  });
  await using client = createClient([store]);
  for (let i = 1; i <= 3; i += 1) {
    expect(await client.kinds([ALICE])).toEqual(['stored']);
    expect(store.connections()).toBe(i);
  }
});

test('a word from the server while nobody asks closes the connection', async () => {
  // Long enough after the reply that it cannot come in one piece with it: that is another story.
  const word = { slowly: ' ', everyMs: 100 };
  await using store = await startLmtpServer({ dot: (recipients) => [...recipients.map(() => '250 saved\r\n'), word] });
  await using client = createClient([store]);
  expect(await client.kinds([ALICE])).toEqual(['stored']);
  await expect.poll(() => store.open()).toBe(0);
  expect(await client.kinds([ALICE])).toEqual(['stored']);
  expect(store.connections()).toBe(2);
});

test('unused and old connections are closed with QUIT', async () => {
  let ms = 0;
  await using store = await startLmtpServer();
  await using idle = createClient([store], { deadlines: { idleMs: 20 } });
  await using old = createClient([store], { now: () => new Date(ms) });
  await idle.deliver([ALICE]);
  await expect.poll(() => store.commands).toContain('1 QUIT');
  await old.deliver([ALICE]);
  ms = CONNECTION_AGE_MS + 1;
  await old.deliver([ALICE]);
  await expect.poll(() => store.commands).toContain('2 QUIT');
  await old.deliver([ALICE]);
  expect(store.connections()).toBe(3);
});

test('a server that failed is tried last for a while', async () => {
  let ms = 0;
  let sick = true;
  await using first = await startLmtpServer({ greeting: () => (sick ? '421 4.3.2 not now\r\n' : undefined) });
  await using second = await startLmtpServer();
  await using client = createClient([first, second], { now: () => new Date(ms), connectionsMax: 1 });
  for (let i = 0; i < 5; i += 1) expect(await client.kinds([ALICE])).toEqual(['stored']);
  expect([first.connections(), second.taken.length]).toEqual([1, 5]);
  sick = false;
  ms += 60_000;
  expect(await client.kinds([ALICE])).toEqual(['stored']);
  expect(first.taken.length).toBe(1);
});

test('close waits for what is running, sends the waiting away, and takes nothing more', async () => {
  await using store = await startLmtpServer();
  const client = createClient([store], { connectionsMax: 1 });
  const running = client.kinds([ALICE]);
  const waiting = client.kinds([BOB]);
  const closing = client.delivery.close();
  expect(await running).toEqual(['stored']);
  expect(await waiting).toEqual(['delayed']);
  await closing;
  expect(await client.kinds([ALICE])).toEqual(['delayed']);
  await client.delivery.close();
  await expect.poll(() => store.open()).toBe(0);
});
