import { expect, it } from 'vitest';
import { briefJournal } from './brief.ts';
import { createMemoryJournal } from './memory.ts';
import type { Event, Trace } from './port.ts';

const OCCASION = {
  ...{ session: '1ng47k9rbyfnd4mqk', host: 'd10', client: '192.0.2.1', helo: 'mail.sender.example' },
  ...{ sender: 'newsletter@sender.example', recipients: ['alice@example.test'] },
};
const TRACE: Trace = {
  ...{ stage: 'rcpt', verdict: 'pass' },
  checks: [
    { check: 'recipient', outcome: 'pass' },
    { check: 'dnsbl', outcome: 'exempt' },
  ],
  facts: [{ fact: 'destination', ms: 1, value: 'alice@example.test' }],
};
const decision = (trace: Partial<Trace>): Event => ({
  ...{ kind: 'decision', id: 's1.1', occasion: OCCASION, trace: { ...TRACE, ...trace }, reply: '250' },
});
const DELIVERY = {
  ...{ kind: 'delivery', id: '1ng47k9rbyfnd4mqk.2', occasion: OCCASION, sizeBytes: 4_311, sha256: 'a'.repeat(64) },
  ...{ stored: ['alice@example.test'], failed: [], ms: 12, reply: '250 2.0.0 stored as 1ng47k9rbyfnd4mqk.2' },
} as const satisfies Event;

function recorded(...events: readonly Event[]): readonly Event[] {
  const journal = createMemoryJournal();
  const brief = briefJournal(journal);
  for (const event of events) brief.record(event);
  return journal.events;
}

it('leaves one short line of a message that was stored for everybody', () => {
  const opened: Event = { kind: 'session', occasion: OCCASION, what: 'opened' };
  const events = recorded(opened, decision({}), decision({ stage: 'message' }), DELIVERY, { ...opened, what: 'closed' });
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({ kind: 'message', id: DELIVERY.id, recipients: ['alice@example.test'], reply: DELIVERY.reply });
  expect(JSON.stringify(events[0]).length).toBeLessThan(300);
});

it.each<readonly [string, Event]>([
  ['a refusal', decision({ verdict: 'refuse', by: 'recipient' })],
  ['a delay', decision({ verdict: 'delay', by: 'greylist' })],
  ['a check that was only observed and would have refused', decision({ checks: [{ check: 'spf', outcome: 'refuse', observed: true }] })],
  ['a check without its fact', decision({ checks: [{ check: 'spf', outcome: 'fault' }] })],
  ['a fact that failed', decision({ facts: [{ fact: 'spf', ms: 1, value: 'timeout', fault: true }] })],
  ['a message that some lack', { ...DELIVERY, failed: [{ mailbox: 'bob@example.test', detail: 'full' }], reply: '451 4.3.0 later' }],
  ['a message that some had before', { ...DELIVERY, already: ['bob@example.test'] }],
  ['an attempt after one that died', { ...DELIVERY, resumed: true }],
  ['a delivery without shared state', { ...DELIVERY, stateAway: true }],
  ['a delivery that was answered with a delay', { ...DELIVERY, reply: '451 4.3.0 later' }],
  ['an error of the protocol', { kind: 'protocol', id: 's1.0', occasion: OCCASION, verb: 'XYZZY', reply: '500 5.5.1 unknown' }],
  ['a client that was turned away', { kind: 'session', occasion: OCCASION, what: 'refused' }],
  ['a fault', { kind: 'fault', where: 'dns', detail: 'timeout' }],
  ['a process', { kind: 'process', what: 'started' }],
])('keeps %s as it is', (_what, event) => {
  expect(recorded(event)).toEqual([event]);
});
