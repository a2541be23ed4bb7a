import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatBatch, readBatches } from './batch-lines.ts';
import type { HistoryEntry } from './port.ts';
import type { Batch } from './queue.ts';

const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '"', '\u2028', '\n', '\r\n', '\\'));
const anyEntry = fc.record(
  {
    ...{ id: anyText, at: fc.date({ noInvalidDate: true }), host: anyText, client: anyText, helo: anyText, sender: anyText },
    ...{ recipient: anyText, check: anyText, verdict: fc.constantFrom('refused', 'delayed', 'delivered'), reply: anyText },
    sizeBytes: fc.nat(),
    story: fc.json(),
  },
  { requiredKeys: ['id', 'at', 'host', 'client', 'helo', 'sender', 'recipient', 'check', 'verdict', 'reply'] },
) as fc.Arbitrary<HistoryEntry>;
const anyBatch = fc.record({
  ...{ source: anyText, nth: fc.nat(), entries: fc.array(anyEntry, { maxLength: 5 }) },
  counts: fc.array(fc.record({ domain: anyText, day: anyText, check: anyText, verdict: fc.constant('refused'), count: fc.nat() }), {
    maxLength: 3,
  }),
}) as fc.Arbitrary<Batch>;

test('batches are read as they were written, whatever they hold and however the text is cut', () => {
  fc.assert(
    fc.property(fc.array(anyBatch, { maxLength: 3 }), fc.integer({ min: 1, max: 50 }), (batches, pieceLength) => {
      const found: Batch[] = [];
      const read = readBatches((batch) => found.push(batch));
      const text = batches.map(formatBatch).join('');
      for (let at = 0; at < text.length; at += pieceLength) read(text.slice(at, at + pieceLength));
      expect(found).toEqual(batches);
    }),
  );
});

test('half of a batch is none', () => {
  const found: Batch[] = [];
  readBatches((batch) => found.push(batch))('{"source":"a","nth":1,"counts":[],"entries":[]}');
  expect(found).toEqual([]);
  expect(() => readBatches(() => undefined)('no batch\n')).toThrow(SyntaxError);
});
