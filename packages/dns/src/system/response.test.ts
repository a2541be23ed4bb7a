import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createQuery, readResponse } from './exchange.ts';
import { respond } from './scripted-server.fixture.ts';

const query = createQuery({ name: 'a.test', type: 'MX' }, true);

test('no bytes make it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (random, ours) => {
      const packet = Buffer.from(random);
      if (ours && packet.length >= 4) {
        packet.writeUInt16BE(query.id);
        packet.writeUInt16BE(0x8000, 2);
      }
      expect(['response', 'truncated', 'stray', 'malformed']).toContain(readResponse(packet, query).kind);
    }),
    { numRuns: 3000 },
  );
});

test('a cut at any place behind the question is malformed', () => {
  const whole = respond(
    { id: query.id, name: 'a.test', type: 'MX' },
    { answers: [{ name: 'a.test', type: 'MX', ttl: 1, data: { preference: 1, exchange: 'b.test' } }] },
  );
  expect(readResponse(whole, query).kind).toBe('response');
  for (let length = 12; length < whole.length; length += 1) {
    expect([length, readResponse(whole.subarray(0, length), query).kind]).toEqual([length, 'malformed']);
  }
});

test('a name compressed into itself is malformed', () => {
  const packet = respond({ id: query.id, name: 'a.test', type: 'MX' }, { answers: [{ name: '.', type: 'NS', ttl: 1, data: 'x' }] });
  // The owner of the answer becomes a pointer to its own place (RFC 1035 §4.1.4).
  packet.writeUInt16BE(0xc000 + 24, 24);
  expect(readResponse(packet, query).kind).toBe('malformed');
});
