import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { spamText, virusAttachment } from './test-mail.ts';

test.each([
  ['EICAR', virusAttachment().content.toString('latin1'), 68],
  ['GTUBE', spamText().trim(), 68],
])('%s is whole, and does not stand in our source', (name, text, length) => {
  expect(text).toHaveLength(length);
  expect(text).toContain(name);
  expect(readFileSync(join(import.meta.dirname, 'test-mail.ts'), 'utf8')).not.toContain(text);
});
