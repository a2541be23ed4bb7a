import { expect, test } from 'vitest';
import { shippedClamdConf, withSettings } from './clamd.ts';

test.each([
  ['a line is replaced', 'User clamav\nMaxThreads 10\n', { User: 'root' }, 'MaxThreads 10\nUser root\n'],
  ['a line is taken away', 'User clamav\nMaxThreads 10\n', { User: undefined }, 'MaxThreads 10\n'],
  ['a line is added', 'MaxThreads 10\n', { Foreground: 'yes' }, 'MaxThreads 10\nForeground yes\n'],
  ['comments go', '# a comment\n\nMaxThreads 10\n', {}, 'MaxThreads 10\n'],
  ['names are compared as a whole', 'UserAgent x\n', { User: 'root' }, 'UserAgent x\nUser root\n'],
])('%s', (_what, text, settings, result) => {
  expect(withSettings(text, settings)).toBe(result);
});

test('what is shipped never calls clean what exceeds its limits', () => {
  expect(withSettings(shippedClamdConf(), {})).toContain('AlertExceedsMax yes\n');
});
