import { describe, expect, it } from 'vitest';
import type { Event, Journal, Occasion } from './port.ts';

/** A journal under test, and a way to see what it holds. */
export interface JournalUnderTest {
  readonly journal: Journal;
  /** The kinds of the events that were kept, in order. Asked only after `close()`. */
  readonly recordedKinds: () => readonly string[];
}

const OCCASION: Occasion = {
  session: 's1',
  host: 'd10',
  client: '192.0.2.1',
  helo: 'sender.example',
  sender: 'from@sender.example',
  recipients: ['to@example.test'],
};

const EVENTS: readonly Event[] = [
  { kind: 'process', what: 'started' },
  { kind: 'session', occasion: OCCASION, what: 'opened' },
  { kind: 'protocol', id: 's1.0', occasion: OCCASION, verb: 'XYZZY', reply: '500 5.5.1 unknown' },
  {
    kind: 'decision',
    id: 's1.1',
    occasion: OCCASION,
    trace: {
      stage: 'rcpt',
      verdict: 'refuse',
      by: 'recipient',
      checks: [{ check: 'recipient', outcome: 'refuse', reply: '550 5.1.1 no such mailbox' }],
      facts: [{ fact: 'destination', ms: 1.234, value: 'unknown' }],
    },
    reply: '550 5.1.1 no such mailbox',
  },
  { kind: 'delivery', id: 's1.2', occasion: OCCASION, sizeBytes: 5, sha256: 'ab', stored: [], failed: [], ms: 3, reply: '250 2.0.0 ok' },
  { kind: 'fault', where: 'dns', detail: 'timeout' },
];

/** The suite that every implementation of {@link Journal} passes. */
export function describeJournal(name: string, make: () => JournalUnderTest): void {
  describe(`journal contract: ${name}`, () => {
    it('keeps every kind of event, in order', async () => {
      const { journal, recordedKinds } = make();
      for (const event of EVENTS) journal.record(event);
      await journal.close();
      expect(recordedKinds()).toEqual(EVENTS.map((event) => event.kind));
    });

    it('takes hostile texts as one event', async () => {
      const { journal, recordedKinds } = make();
      const nasty = `line\r\nforged\u0000\u2028\ud800${'x'.repeat(1_000_000)}`;
      journal.record({ kind: 'fault', where: nasty, detail: nasty });
      journal.record({
        kind: 'session',
        occasion: { ...OCCASION, helo: nasty, recipients: new Array<string>(10_000).fill(nasty) },
        what: 'refused',
      });
      await journal.close();
      expect(recordedKinds()).toEqual(['fault', 'session']);
    });

    it('never throws, also after it was closed, and closes twice', async () => {
      const { journal, recordedKinds } = make();
      await journal.close();
      await journal.close();
      expect(() => journal.record({ kind: 'process', what: 'stopped' })).not.toThrow();
      expect(recordedKinds()).toEqual([]);
    });
  });
}
