import { check, greylist, PASS } from '@vratny/policy';
import { ENVELOPE, POLICY } from '@vratny/server/testing';
import { createMemoryState } from '@vratny/state/memory';
import { expect, it } from 'vitest';
import { serve } from './mx.fixture.ts';

const NOW = new Date('2026-05-04T03:02:01Z');

/** Has waited long enough. */
const asked = check({
  name: 'greylist',
  stage: 'mail',
  summary: 'the sender has called before',
  says: ['451 4.7.1'],
  facts: { greylist },
  cannotTell: '451 4.3.0 not known',
  judge: () => PASS,
});

async function greylistingHost() {
  const state = createMemoryState();
  const calls: string[] = [];
  const extend: typeof state.greylist.extend = async () => void calls.push('extend');
  const begin: typeof state.lease.begin = (...args) => {
    calls.push('begin');
    return state.lease.begin(...args);
  };
  const passed = async () => ({ kind: 'passed', retryAfterMs: 0 }) as const;
  const served = await serve({
    policy: { ...POLICY, rcpt: [asked, ...POLICY.rcpt] },
    ports: { greylist: { firstSeen: passed }, clock: () => NOW },
    greylist: { extend },
    ledger: state.ledger,
    lease: { ...state.lease, begin },
  });
  return { calls, client: await served.ready() };
}

it('travels with the beginning of the delivery', async () => {
  const { calls, client } = await greylistingHost();
  await client.askAll(...ENVELOPE, 'RCPT TO:<bob@example.test>');
  expect(calls).toEqual([]);
  await client.ask('DATA');
  await client.ask('x\r\n.');
  expect(calls).toEqual(['extend', 'begin']);
});

it.each(['RSET', 'EHLO again.test', 'DATA\r\na \0 NUL\r\n.'])('happens when the transaction ends without a delivery: %j', async (end) => {
  const { calls, client } = await greylistingHost();
  await client.askAll(...ENVELOPE);
  await client.ask(end);
  if (end.startsWith('DATA')) await client.reply();
  expect(calls).toEqual(['extend']);
});

it('does not happen without an accepted recipient', async () => {
  const { calls, client } = await greylistingHost();
  await client.askAll(ENVELOPE[0], 'RCPT TO:<dora@example.test>', 'RSET');
  expect(calls).toEqual([]);
});
