import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeReply } from './encode.ts';
import { parseObjection, parseRefusal } from './parse-refusal.ts';

const ROWS: readonly [string, string | undefined][] = [
  ['550 5.1.1 no such user', '550 5.1.1 no such user'],
  ['550 5.1.1 no such user\r\n', '550 5.1.1 no such user'],
  ['550-5.1.1 no such\r\n550 5.1.1 user', '550 5.1.1 no such user'],
  ['550-no such\n550 user', '550 5.0.0 no such user'],
  ['552 quota', '552 5.0.0 quota'],
  ['552 4.2.2 quota', '552 5.0.0 quota'],
  ['452 4.2.2 quota', '452 4.2.2 quota'],
  ['452 5.2.2 quota', '452 4.0.0 quota'],
  ['550', '550 5.0.0 refused without a reason'],
  ['550 5.7.1', '550 5.7.1 refused without a reason'],
  ['550 ', '550 5.0.0 refused without a reason'],
  // A store's 421 closes the store's connection, not the sender's.
  ['421 4.3.2 shutting down', '451 4.3.2 shutting down'],
  ['550 05.1.1 x', '550 5.0.0 05.1.1 x'],
  ['550 5.01.1 x', '550 5.0.0 5.01.1 x'],
  ['550 5.1.1000 x', '550 5.0.0 5.1.1000 x'],
  ['550 5.1.100.3 is blocked', '550 5.0.0 5.1.100.3 is blocked'],
  ['550 5.1.1 no\r\n250 2.0.0 yes', '550 5.1.1 no 250 2.0.0 yes'],
  ['550 5.1.1 a\rb', '550 5.1.1 a b'],
  ['550 5.1.1 a\u2028b\u0000c', '550 5.1.1 a b c'],
  ['250 2.0.0 ok', undefined],
  ['354 go', undefined],
  ['5500 x', undefined],
  ['55 x', undefined],
  ['x550 5.1.1 y', undefined],
  ['650 6.1.1 y', undefined],
  ['550x', undefined],
  ['', undefined],
  ['\r\n\r\n', undefined],
];

describe('parseObjection', () => {
  it.each(ROWS)('%j', (text, reply) => expect(parseObjection(text)).toBe(reply));

  it('bounds what it reads', () => expect(parseObjection(`550 5.1.1 ${'x'.repeat(1e6)}`)?.length).toBeLessThan(5000));
});

/** What is an objection and no refusal. */
const delayIn = (text: string) => (parseRefusal(text) === undefined ? parseObjection(text) : undefined);

describe('parseRefusal, and delays', () => {
  it.each(ROWS)('%j: by class', (text, reply) => {
    expect(parseRefusal(text)).toBe(reply?.startsWith('5') ? reply : undefined);
    expect(delayIn(text)).toBe(reply?.startsWith('4') ? reply : undefined);
  });

  const nearReplies = fc
    .tuple(
      fc.constantFrom('550', '451', '421', '250', '5', ''),
      fc.constantFrom(' ', '-', '', '\t'),
      fc.constantFrom('5.1.1', '4.2.0', '5.0', '5.1.01', ''),
      fc.string({ unit: 'binary' }),
    )
    .map((parts) => parts.join(''));

  it('any text gives nothing, or a well-formed reply of the right class', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), nearReplies), (text) => {
        const refusal = parseRefusal(text);
        const delay = delayIn(text);
        expect(refusal === undefined || delay === undefined).toBe(true);
        if (refusal !== undefined) expect(refusal).toMatch(/^5\d\d 5\.\d{1,3}\.\d{1,3} [^\u0000-\u001f\u007f]+$/u);
        if (delay !== undefined) expect(delay).toMatch(/^4\d\d 4\.\d{1,3}\.\d{1,3} [^\u0000-\u001f\u007f]+$/u);
        const reply = refusal ?? delay;
        if (reply !== undefined) {
          expect(parseObjection(reply)).toBe(reply);
          expect(encodeReply(reply).slice(0, 3)).toBe(reply.slice(0, 3));
        }
      }),
      { numRuns: 500 },
    );
  });
});
