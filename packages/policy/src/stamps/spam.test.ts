import { describe, expect, it } from 'vitest';
import type { FoundOf } from '../model/policy.ts';
import { messageContext } from '../testing/contexts.fixture.ts';
import { spam } from './spam.ts';

function stampFor(value: unknown, antispam = true): string {
  const found: FoundOf = () => ({ known: true, value: value as never, ms: 0 });
  return spam.write(messageContext(), found, { antispam });
}

const scored = (score: number) => ({ kind: 'scored', score, requiredScore: 15, action: 'no action', symbols: [{ name: 'A_RULE', score }] });

describe('spam', () => {
  it('marks the copy of a mailbox that has antispam on', () => {
    expect(stampFor(scored(6))).toBe('X-Spam-Flag: YES\r\nX-Spam-Score: 6\r\nX-Spam-Status: Yes, score=6 required=6 tests=[A_RULE]\r\n');
    expect(stampFor(scored(5.9))).toContain('X-Spam-Flag: NO\r\n');
  });

  it.each([
    ['reject', 'YES'],
    ['discard', 'YES'],
    ['quarantine', 'YES'],
    ['soft reject', 'NO'],
    ['add header', 'NO'],
    ['no action', 'NO'],
  ])('below the score, %s is marked %s', (action, flag) => {
    expect(stampFor({ ...scored(3), action })).toContain(`X-Spam-Flag: ${flag}\r\n`);
  });

  it('leaves the others alone', () => {
    expect(stampFor(scored(100), false)).toBe('');
    expect(stampFor({ kind: 'not-asked' })).toBe('');
  });

  it('says when it was not scanned', () => {
    expect(stampFor({ kind: 'not-scanned', reason: 'larger than 20 MiB' })).toBe('X-Spam-Status: No, not scanned: larger than 20 MiB\r\n');
  });

  it('makes no field of its own out of a rule’s name', () => {
    const symbols = [{ name: 'A\r\nX-Evil: yes', score: 1 }];
    expect(stampFor({ ...scored(1), symbols })).not.toMatch(/^X-Evil/mu);
  });
});
