import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LIST_MAX, TEXT_MAX } from './limits.ts';
import type { Event } from './port.ts';
import { formatDropped, formatEvent } from './stdout.ts';

const AT = new Date('2030-01-02T03:04:05.678Z');
// Whatever a stranger writes, with what JSON escapes among it.
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('"', '\\', '\\"', '\n', '\u2028', 'x'.repeat(TEXT_MAX + 1)),
);
const occasion = fc.record(
  { session: anyText, host: anyText, client: anyText, helo: anyText, sender: anyText, recipients: fc.array(anyText) },
  { requiredKeys: ['session', 'host', 'client'] },
);
const check = fc.record(
  { check: anyText, outcome: fc.constantFrom('pass', 'refuse', 'fault'), observed: fc.boolean(), reply: anyText, detail: anyText },
  { requiredKeys: ['check', 'outcome'] },
);
const fact = fc.record({ fact: anyText, ms: fc.double(), value: anyText, fault: fc.boolean() }, { requiredKeys: ['fact', 'ms', 'value'] });
const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    kind: fc.constant('decision'),
    id: anyText,
    occasion,
    trace: fc.record({ stage: fc.constant('rcpt'), verdict: fc.constant('pass'), checks: fc.array(check), facts: fc.array(fact) }),
    reply: anyText,
  }),
  fc.record({ kind: fc.constant('evidence'), id: anyText, facts: fc.array(fact) }),
  fc.record({
    kind: fc.constant('delivery'),
    id: anyText,
    occasion,
    sizeBytes: fc.nat(),
    sha256: anyText,
    stored: fc.array(anyText),
    failed: fc.array(fc.record({ mailbox: anyText, detail: anyText })),
    ms: fc.double(),
    reply: anyText,
  }),
  fc.record({ kind: fc.constant('protocol'), id: anyText, occasion, verb: anyText, reply: anyText }),
  fc.record({ kind: fc.constant('session'), occasion, what: fc.constant('closed') }),
  fc.record({ kind: fc.constant('fault'), where: anyText, detail: anyText }),
) as fc.Arbitrary<Event>;

it('is one line of JSON with the texts that were given, cleaned, whatever they are', () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      const line = formatEvent(event, AT);
      expect(line).not.toContain('\n');
      expect(JSON.parse(line)).toMatchObject({ time: AT.toISOString(), kind: event.kind });
    }),
  );
});

it.each(['plain', 'a "quoted" one', 'back\\slash', 'žluťoučký', "it's", '{}[],:', ''])('keeps %j as it is', (detail) => {
  const event: Event = { kind: 'fault', where: detail, detail, session: detail };
  expect(JSON.parse(formatEvent(event, AT))).toEqual({ time: AT.toISOString(), kind: 'fault', session: detail, where: detail, detail });
});

it('leaves out what is not known, and bounds lists', () => {
  const recipients = new Array<string>(LIST_MAX + 7).fill('a@b.example');
  const event: Event = { kind: 'session', occasion: { session: 's', host: 'd10', client: '::1', recipients }, what: 'closed' };
  const line: unknown = JSON.parse(formatEvent(event, AT));
  expect(Object.keys(line as object)).toEqual(['time', 'kind', 'session', 'host', 'client', 'recipients', 'what']);
  expect((line as { recipients: unknown[] }).recipients.slice(-2)).toEqual(['a@b.example', '… and 7 more']);
});

it('says what was dropped', () => {
  expect(JSON.parse(formatDropped(3, AT))).toEqual({ time: AT.toISOString(), kind: 'dropped', count: 3 });
});
