import { type Act, startLmtpServer } from '@vratny/support/lmtp-server';
import { expect, test } from 'vitest';
import { ALICE, BOB, CAROL, createClient } from './client.fixture.ts';

const SAVED = '250 2.0.0 saved\r\n';
const FULL = '552 5.2.2 full\r\n';
const BUSY = '451 4.2.0 busy\r\n';

test.concurrent.each<readonly [string, readonly Act[], readonly string[]]>([
  ['all saved', [SAVED, SAVED, SAVED], ['stored', 'stored', 'stored']],
  ['mixed', [SAVED, BUSY, FULL], ['stored', 'delayed', 'refused']],
  ['mixed otherwise', [FULL, SAVED, BUSY], ['refused', 'stored', 'delayed']],
  ['4xx with codes of 5xx', ['451 5.1.1 nobody\r\n', '452 5.2.2 full\r\n', '450 no\r\n'], ['delayed', 'delayed', 'delayed']],
  ['nothing, closed', ['DROP'], ['delayed?', 'delayed?', 'delayed?']],
  ['half, then closed', [SAVED, FULL, 'DROP'], ['stored', 'refused', 'delayed?']],
  ['half, then half a line, then closed', [SAVED, '250 2.0', 'DROP'], ['stored', 'delayed?', 'delayed?']],
  ['half, then silence', [SAVED, 'HANG'], ['stored', 'delayed?', 'delayed?']],
  ['half, then an octet now and then', [SAVED, { slowly: SAVED.repeat(2), everyMs: 100 }], ['stored', 'delayed?', 'delayed?']],
  ['all, an octet at a time', [{ slowly: SAVED.repeat(3), everyMs: 1 }], ['stored', 'stored', 'stored']],
  ['421 in the middle', [SAVED, '421 4.3.2 bye\r\n', 'DROP'], ['stored', 'delayed?', 'delayed?']],
  ['421 afterwards', [SAVED + SAVED + FULL, '421 4.3.2 bye\r\n', 'DROP'], ['stored', 'stored', 'refused']],
  ['all and 421 in one piece', [`${SAVED + SAVED + FULL}421 4.3.2 bye\r\n`], ['stored', 'stored', 'refused']],
  ['garbage in the middle', [SAVED, 'hello\r\n'], ['delayed?', 'delayed?', 'delayed?']],
  ['garbage after all of them', [`${SAVED.repeat(3)}hello`], ['delayed?', 'delayed?', 'delayed?']],
  ['one reply too many', [SAVED.repeat(4)], ['delayed?', 'delayed?', 'delayed?']],
  ['a reply to a command', [SAVED, '500 5.5.1 what?\r\n', SAVED], ['delayed?', 'delayed?', 'delayed?']],
  ['a line without end', [SAVED, `250 ${'x'.repeat(100_000)}`], ['delayed?', 'delayed?', 'delayed?']],
  ['another recipient', [`250 <${BOB}> saved\r\n`, `250 <${ALICE}> saved\r\n`, SAVED], ['delayed?', 'delayed?', 'delayed?']],
  ['a reply out of nowhere first', [`250 saved\r\n250 <${ALICE}> saved\r\n550 <${BOB}> no\r\n`], ['delayed?', 'delayed?', 'delayed?']],
  ['354', ['354 go on\r\n', SAVED, SAVED], ['delayed?', 'delayed?', 'delayed?']],
])('%s', async (_what, acts, kinds) => {
  let bad = true;
  await using store = await startLmtpServer({ dot: () => (bad ? acts : undefined) });
  await using other = await startLmtpServer();
  await using client = createClient([store, other]);
  expect(await client.kinds([ALICE, BOB, CAROL])).toEqual(kinds);
  // From the final dot on no other server is tried.
  expect([store.taken.length, other.taken.length]).toEqual([1, 0]);
  // Whatever is left on that connection, nobody else gets to read it.
  bad = false;
  expect(await client.kinds([BOB])).toEqual(['stored']);
});

test('what is uncertain says so, and what the store said is passed on', async () => {
  await using store = await startLmtpServer({ dot: () => [FULL, BUSY, 'DROP'] });
  await using client = createClient([store]);
  const outcomes = await client.deliver([ALICE, BOB, CAROL]);
  expect(outcomes).toEqual([
    { kind: 'refused', text: '552 5.2.2 full' },
    { kind: 'delayed', detail: 'the store says 451 4.2.0 busy' },
    { kind: 'delayed', uncertain: true, detail: expect.stringMatching(/^it is not known whether the store has the message: .*closed/u) },
  ]);
});

test('a delivery that is ended waits a moment for the answer that is under way', async () => {
  for (const [act, kind] of [
    [{ slowly: SAVED, everyMs: 2 }, 'stored'],
    ['HANG', 'delayed?'],
  ] as const) {
    const ending = new AbortController();
    await using store = await startLmtpServer({
      dot: () => {
        ending.abort();
        return [act];
      },
    });
    await using client = createClient([store], { deadlines: { storeMs: 60_000, endingGraceMs: 500 } });
    expect(await client.kinds([ALICE], { signal: ending.signal })).toEqual([kind]);
  }
});
