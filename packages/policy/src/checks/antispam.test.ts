import { describe, expect, it } from 'vitest';
import { codesOf, expectedSays, verdictOf } from '../testing/check-rows.fixture.ts';
import { addressOf, mailboxOf, messageContext } from '../testing/contexts.fixture.ts';
import { antispam } from './antispam.ts';

const scored = (score: number, action = 'no action') => ({ antispam: { kind: 'scored', score, requiredScore: 15, action, symbols: [] } });

function to(...antispamOn: readonly boolean[]): Parameters<typeof messageContext>[0] {
  const recipients = antispamOn.map((on, i) => {
    const { mailboxes, ...rest } = mailboxOf(`box${i}@example.test`);
    return { recipient: addressOf(`box${i}`), destination: { ...rest, mailboxes: mailboxes.map((one) => ({ ...one, antispam: on })) } };
  });
  return { recipients };
}

const ROWS: readonly [string, Parameters<typeof messageContext>[0], Readonly<Record<string, unknown>>, string][] = [
  ['everybody has it on, above the score', to(true, true), scored(15), '554 5.7.1'],
  ['everybody has it on, below the score', to(true), scored(14.9), 'pass'],
  ['somebody has it off', to(true, false), scored(100), 'pass'],
  ['the scanner refuses, below the score', to(true, true), scored(3, 'reject'), '554 5.7.1'],
  ['the scanner would drop it without a word: nobody here does', to(true), scored(0, 'discard'), '554 5.7.1'],
  ['the scanner puts it off', to(true), scored(3, 'soft reject'), '451 4.7.1'],
  ['the scanner puts it off, above the score', to(true), scored(15, 'soft reject'), '554 5.7.1'],
  ['the scanner refuses, and somebody has it off', to(true, false), scored(3, 'reject'), 'pass'],
  ['the scanner puts it off, and somebody has it off', to(true, false), scored(3, 'soft reject'), 'pass'],
  ['the scanner would mark it', to(true), scored(7, 'add header'), 'pass'],
  ['the scanner would change its subject', to(true), scored(7, 'rewrite subject'), 'pass'],
  ['the scanner would keep it apart', to(true), scored(7, 'quarantine'), 'pass'],
  ['the scanner would greylist it', to(true), scored(4, 'greylist'), 'pass'],
  ['nobody has it on', to(false), { antispam: { kind: 'not-asked' } }, 'pass'],
  ['not scanned', to(true), { antispam: { kind: 'not-scanned', reason: 'too large' } }, 'pass'],
];

describe('antispam', () => {
  it.each(ROWS)('%s', (_name, context, facts, codes) => {
    expect(codesOf(verdictOf(antispam, messageContext(context), facts))).toBe(codes);
  });

  it('says what it lists, and lists what it says', () => {
    const codes = ROWS.map(([, context, facts]) => codesOf(verdictOf(antispam, messageContext(context), facts)));
    expect(antispam.says.toSorted()).toEqual(expectedSays(antispam, codes));
  });
});
