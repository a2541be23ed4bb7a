import { describe, expect, it } from 'vitest';
import { replyTo } from './judge-message.ts';
import { MIME_CASES } from './mime/index.ts';

describe('forbidden files in mail', () => {
  it('has at least 150 ways, each called differently', () => {
    expect(MIME_CASES.length).toBeGreaterThanOrEqual(150);
    expect(new Set(MIME_CASES.map((one) => one.imitates)).size).toBe(MIME_CASES.length);
  });

  it.each(MIME_CASES.map((one) => [one.imitates, one.message] as const))('%s', async (_imitates, message) => {
    expect(await replyTo(message)).toMatch(/^554 5\.7\.1 /u);
  });
});
