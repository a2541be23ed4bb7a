import { describe, expect, it } from 'vitest';
import { codesOf, expectedSays, verdictOf } from '../testing/check-rows.fixture.ts';
import { messageContext } from '../testing/contexts.fixture.ts';
import { lineEndings } from './line-endings.ts';

const ROWS: readonly [string, Parameters<typeof messageContext>[0], Readonly<Record<string, unknown>>, string][] = [
  ['clean', {}, {}, 'pass'],
  ['bare CR', { gate: { bareCr: true, nul: false, oversize: false } }, {}, '550 5.6.0'],
  ['NUL', { gate: { bareCr: false, nul: true, oversize: false } }, {}, '550 5.6.0'],
  ['both', { gate: { bareCr: true, nul: true, oversize: false } }, {}, '550 5.6.0'],
  ['too big is not its matter', { gate: { bareCr: false, nul: false, oversize: true } }, {}, 'pass'],
];

describe('line-endings', () => {
  it.each(ROWS)('%s', (_name, context, facts, codes) => {
    expect(codesOf(verdictOf(lineEndings, messageContext(context), facts))).toBe(codes);
  });

  it('says what it lists, and lists what it says', () => {
    const codes = ROWS.map(([, context, facts]) => codesOf(verdictOf(lineEndings, messageContext(context), facts)));
    expect(lineEndings.says.toSorted()).toEqual(expectedSays(lineEndings, codes));
  });
});
