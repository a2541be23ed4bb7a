import { describe, expect, it } from 'vitest';
import { codesOf, expectedSays, verdictOf } from '../testing/check-rows.fixture.ts';
import { addressOf, mailContext, messageContext } from '../testing/contexts.fixture.ts';
import { declaredSize, receivedSize } from './message-size.ts';

const ROWS: readonly [string, Parameters<typeof mailContext>[0], Readonly<Record<string, unknown>>, string][] = [
  ['nothing declared', {}, {}, 'pass'],
  ['declared within', { parameters: { body: '7bit', utf8: false, sizeBytes: 1024 * 1024 } }, {}, 'pass'],
  ['one octet more', { parameters: { body: '7bit', utf8: false, sizeBytes: 1024 * 1024 + 1 } }, {}, '552 5.3.4'],
  ['null sender', { sender: null, parameters: { body: '7bit', utf8: false, sizeBytes: 2 ** 40 } }, {}, '552 5.3.4'],
  ['whoever it is', { sender: addressOf('x'), parameters: { body: '7bit', utf8: false, sizeBytes: 2 ** 40 } }, {}, '552 5.3.4'],
];

describe('declared-size', () => {
  it.each(ROWS)('%s', (_name, context, facts, codes) => {
    expect(codesOf(verdictOf(declaredSize, mailContext(context), facts))).toBe(codes);
  });

  it('says what it lists, and lists what it says', () => {
    const codes = ROWS.map(([, context, facts]) => codesOf(verdictOf(declaredSize, mailContext(context), facts)));
    expect(declaredSize.says.toSorted()).toEqual(expectedSays(declaredSize, codes));
  });

  it('names the limit', () => {
    const verdict = verdictOf(declaredSize, mailContext({ parameters: { body: '7bit', utf8: false, sizeBytes: 2 ** 40 } }));
    expect(verdict).toMatchObject({ reply: expect.stringContaining('(1 MiB, 1048576 octets)') });
  });
});

const RECEIVED_ROWS: readonly [string, Parameters<typeof messageContext>[0], Readonly<Record<string, unknown>>, string][] = [
  ['within', {}, {}, 'pass'],
  ['cut at the limit', { gate: { bareCr: false, nul: false, oversize: true } }, {}, '552 5.3.4'],
];

describe('received-size', () => {
  it.each(RECEIVED_ROWS)('%s', (_name, context, facts, codes) => {
    expect(codesOf(verdictOf(receivedSize, messageContext(context), facts))).toBe(codes);
  });

  it('says what it lists, and lists what it says', () => {
    const codes = RECEIVED_ROWS.map(([, context, facts]) => codesOf(verdictOf(receivedSize, messageContext(context), facts)));
    expect(receivedSize.says.toSorted()).toEqual(expectedSays(receivedSize, codes));
  });
});
