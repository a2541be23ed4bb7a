import { expect, test } from 'vitest';
import type { Attempt } from './attempt.ts';
import { createClientLedger } from './client-ledger.ts';
import { compare, type StoredCopy } from './compare.ts';
import { makeMessage } from './message.ts';

const ALICE = 'alice@example.test';
const BOB = 'bob@example.test';
const MESSAGE = makeMessage('one', [ALICE, BOB], { bodyBytes: 2_000 });
const HEAD = 'Return-Path: <a@sender.test>\r\nReceived: from x\r\n\tby y\r\n';

function attempt(text: string | undefined, offered: readonly string[] = [ALICE, BOB]): Attempt {
  const ending =
    text === undefined
      ? ({ kind: 'lost', why: 'closed' } as const)
      : ({ kind: 'reply', reply: { code: Number(text.slice(0, 3)), text } } as const);
  return { startedAt: new Date(0), ms: 1, offered, turnedAway: new Map(), ending, sent: true };
}
function copy(mailbox: string, bytes: Buffer = MESSAGE.bytes, head = HEAD): StoredCopy {
  return { mailbox, bytes: Buffer.concat([Buffer.from(head), bytes]), where: 'somewhere' };
}
function problemsOf(attempts: readonly Attempt[], stored: readonly StoredCopy[]): string {
  const ledger = createClientLedger();
  const entry = ledger.open(MESSAGE);
  for (const one of attempts) ledger.note(entry, one);
  return compare(ledger, stored)
    .problems.map((problem) => problem.split('\n')[0])
    .join('; ');
}

const ACCEPTED = [attempt('250 2.0.0 stored')];
const BOTH = [copy(ALICE), copy(BOB)];

test.each<[string, readonly Attempt[], readonly StoredCopy[], string]>([
  ['all is well', ACCEPTED, BOTH, ''],
  ['accepted and not there', ACCEPTED, [copy(ALICE)], `${BOB}: LOST: it was acknowledged and is not there`],
  ['its end is missing', ACCEPTED, [copy(ALICE), copy(BOB, MESSAGE.bytes.subarray(0, 1_500))], `${BOB}: a copy of one that is torn`],
  ['an octet is another one', ACCEPTED, [copy(ALICE), copy(BOB, Buffer.from(MESSAGE.bytes).fill('!', 900, 901))], 'torn or changed'],
  ['nothing is in it', ACCEPTED, [...BOTH, copy(BOB, Buffer.alloc(0), '')], `${BOB}: a message that nobody sent, 0 octets`],
  ['with somebody else', ACCEPTED, [...BOTH, copy('eve@example.test')], 'eve@example.test: a copy of one, which was for others'],
  ['a header that is not ours', ACCEPTED, [copy(ALICE), copy(BOB, MESSAGE.bytes, 'Bcc: x\r\n')], 'more than our headers'],
  ['twice for no reason', ACCEPTED, [...BOTH, copy(BOB)], `${BOB}: 2 copies, of which 0 are explained`],
  ['refused and there', [attempt('554 5.7.1 no')], BOTH, 'it was refused and is there'],
  [
    'refused for one at RCPT',
    [{ ...attempt('250 fine', [ALICE]), turnedAway: new Map([[BOB, { code: 550, text: '550' }]]) }],
    BOTH,
    `${BOB}: it was refused`,
  ],
  ['twice after a lost acknowledgement', [attempt(undefined), ...ACCEPTED], [...BOTH, copy(BOB)], `${BOB}: 2 copies`],
  ['delayed and there once', [attempt('451 4.3.0 later')], BOTH, ''],
])('%s', (_what, attempts, stored, problem) => {
  const found = problemsOf(attempts, stored);
  if (problem === '') expect(found).toBe('');
  else expect(found).toContain(problem);
});

test('a cause that was seen excuses one copy more, in its mailbox only', () => {
  const ledger = createClientLedger();
  const entry = ledger.open(MESSAGE);
  ledger.note(entry, attempt('250 2.0.0 stored'));
  ledger.explain(entry, BOB, 'answer of the store lost');
  const excused = compare(ledger, [...BOTH, copy(BOB)]);
  expect(excused.problems).toEqual([]);
  expect([...excused.explained]).toEqual([['answer of the store lost', 1]]);
  expect(compare(ledger, [...BOTH, copy(ALICE)]).problems).toHaveLength(1);
  expect(compare(ledger, [...BOTH, copy(BOB), copy(BOB)]).problems).toHaveLength(1);
});
