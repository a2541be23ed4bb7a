import { describe, expect, it } from 'vitest';
import { ARCHIVE_CASES } from './archives/index.ts';
import { replyTo } from './judge-message.ts';

describe('forbidden files in archives', () => {
  it('has at least 60 ways, each called differently', () => {
    expect(ARCHIVE_CASES.length).toBeGreaterThanOrEqual(60);
    expect(new Set(ARCHIVE_CASES.map((one) => one.imitates)).size).toBe(ARCHIVE_CASES.length);
  });

  it.each(ARCHIVE_CASES.map((one) => [one.imitates, one.message] as const))('%s', async (_imitates, message) => {
    expect(await replyTo(message)).toMatch(/^554 5\.7\.1 /u);
  });
});
