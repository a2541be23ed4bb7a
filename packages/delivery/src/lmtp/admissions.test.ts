import { parseRefusal } from '@vratny/smtp';
import { FEATURES, startLmtpServer } from '@vratny/support/lmtp-server';
import { expect, test } from 'vitest';
import { ALICE, BOB, createClient } from './client.fixture.ts';
import { ANSWER_KEPT_MS } from './limits.ts';

const rcpt = (says: string) => ({ command: (command: string) => (command.startsWith('RCPT') ? `${says}\r\n` : undefined) });

test.each([
  ['250 2.1.5 OK', 'room'],
  ['251 2.1.5 will forward', 'room'],
  ['552 5.2.2 <a@x> Quota exceeded', 'full'],
  ['452 4.2.2 Quota exceeded', 'fault'],
  ['452 5.2.2 Quota exceeded', 'fault'],
  ['450 5.1.1 nobody', 'fault'],
  ['452-5.2.2 Quota exceeded\r\n452 5.2.2 really', 'fault'],
  ['552 full', 'full'],
  ['550 5.1.1 nobody', 'unknown'],
  ['550 5.2.1 disabled', 'unknown'],
  ['554 no', 'unknown'],
  ['501 5.5.4 Invalid TO', 'fault'],
  ['451 4.3.0 not now', 'fault'],
  ['450 4.2.0 locked', 'fault'],
])('%s: %s, with and without pipelining', async (says, kind) => {
  for (const features of [FEATURES, []]) {
    await using store = await startLmtpServer({ ...rcpt(says), features });
    await using client = createClient([store]);
    const admission = await client.admits(ALICE);
    expect(admission.kind).toBe(kind);
    if (admission.kind === 'full' || admission.kind === 'unknown') expect(admission.text).toBe(says);
    // The connection is in order: a delivery comes through on it.
    await client.deliver([ALICE]);
    expect(store.connections()).toBe(1);
  }
});

test('the text is one for parseRefusal', async () => {
  await using store = await startLmtpServer(rcpt('550-5.1.1 first\r\n550 5.1.1 second'));
  await using client = createClient([store]);
  const admission = await client.admits(ALICE);
  expect(admission.kind === 'unknown' && parseRefusal(admission.text ?? '')).toBe('550 5.1.1 first second');
});

test('nothing is delivered by asking, and an answer is kept for 30 s', async () => {
  let ms = 0;
  await using store = await startLmtpServer();
  await using client = createClient([store], { now: () => new Date(ms) });
  const asked = () => store.commands.filter((one) => one.includes('RCPT')).length;
  await client.admits(ALICE);
  await client.admits(ALICE, 1_000);
  expect([asked(), store.taken.length]).toEqual([1, 0]);
  await client.admits(BOB);
  expect(asked()).toBe(2);
  ms = ANSWER_KEPT_MS;
  await client.admits(ALICE);
  expect(asked()).toBe(3);
});

test('sizes are told to a server that wants them, and 552 to MAIL is about the size', async () => {
  await using store = await startLmtpServer({
    features: [...FEATURES, 'SIZE'],
    command: (command) => (Number(/SIZE=(\d+)/u.exec(command)?.[1] ?? 0) > 100 ? '552 5.2.2 too much\r\n' : undefined),
  });
  await using client = createClient([store]);
  const kinds = [];
  for (const size of [0, 100, 101, 1_000, 50]) kinds.push((await client.admits(ALICE, size)).kind);
  expect(kinds).toEqual(['room', 'room', 'full', 'full', 'room']);
});

test('what a delivery showed to be wrong is asked again', async () => {
  let full = false;
  await using store = await startLmtpServer({
    dot: () => ['552 5.2.2 full\r\n'],
    command: (command) => (full && command.startsWith('RCPT') ? '552 5.2.2 full\r\n' : undefined),
  });
  await using client = createClient([store]);
  expect((await client.admits(ALICE)).kind).toBe('room');
  full = true;
  expect((await client.admits(ALICE)).kind).toBe('room');
  await client.deliver([ALICE]);
  expect((await client.admits(ALICE)).kind).toBe('full');
});

test('equal questions at once are one, and who goes away does not end it for the others', async () => {
  await using store = await startLmtpServer();
  await using client = createClient([store]);
  const leaving = new AbortController();
  const asking = [client.admits(ALICE, 0, leaving.signal), client.admits(ALICE), client.admits(ALICE)];
  leaving.abort();
  expect((await Promise.all(asking)).map((one) => one.kind)).toEqual(['fault', 'room', 'room']);
  expect(store.commands.filter((one) => one.includes('RCPT'))).toHaveLength(1);
});

test('a store that hangs is a fault in time, and faults are not kept', async () => {
  let hang = true;
  await using store = await startLmtpServer({ command: (command) => (hang && command.startsWith('RCPT') ? 'HANG' : undefined) });
  await using client = createClient([store], { deadlines: { askMs: 300, commandMs: 60_000 } });
  expect(await client.admits(ALICE)).toEqual({ kind: 'fault', detail: expect.stringContaining('within 0.3 s') });
  hang = false;
  expect((await client.admits(ALICE)).kind).toBe('room');
});

test('a reply too many: nobody is refused by it', async () => {
  // Shifted by one, RCPT would get MAIL's answer and RSET the refusal.
  await using store = await startLmtpServer({
    command: (command) => (command.startsWith('MAIL') ? '550 5.1.1 of before\r\n250 fine\r\n' : undefined),
  });
  await using client = createClient([store]);
  expect((await client.admits(ALICE)).kind).toBe('fault');
  expect(await client.kinds([ALICE, BOB])).toEqual(['delayed', 'delayed']);
});
