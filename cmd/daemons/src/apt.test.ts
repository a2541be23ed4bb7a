import { expect, test } from 'vitest';
import { missingIn } from './debian.ts';

test.each([
  ['nothing known', '', ['postfix']],
  ['installed', 'postfix installed\n', []],
  ['removed, but its configuration is left', 'postfix config-files\n', ['postfix']],
  ['half', 'postfix unpacked\nredis-server installed\n', ['postfix']],
  ['another package', 'postfix-doc installed\n', ['postfix']],
])('%s', (_what, listing, missing) => {
  expect(missingIn(listing, ['postfix'])).toEqual(missing);
});
