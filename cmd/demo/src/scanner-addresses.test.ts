import { expect, test } from 'vitest';
import { chooseScannerAddresses, SOCKET_PATH_MAX } from './prepare.ts';

const longest = `/${'x'.repeat(SOCKET_PATH_MAX - '//clamav/clamd.ctl'.length)}`;

test.each([
  ['/srv/vratny/var', /^unix:\.\/clamav\/clamd\.ctl$/u],
  [longest, /^unix:/u],
  [`${longest}x`, /^tcp:\/\/127\.0\.0\.1:\d+$/u],
  // Octets count, not characters.
  [`${longest.slice(0, -1)}ž`, /^tcp:/u],
])('%s', async (directory, clamd) => {
  const chosen = await chooseScannerAddresses(directory);
  expect(chosen.clamd).toMatch(clamd);
  expect(chosen.rspamd).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/u);
});
