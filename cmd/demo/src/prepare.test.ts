import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSite, openRegister } from '@vratny/adapters';
import { expect, onTestFinished, test } from 'vitest';
import { prepareSite } from './prepare.ts';
import { DOMAINS } from './world.ts';

test('a demo folder is made once, and is then its owner’s', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vratny-demo-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const site = await prepareSite(folder, () => undefined);
  appendFileSync(site, '# mine\n');
  expect(await prepareSite(folder, () => undefined)).toBe(site);
  expect(readFileSync(site, 'utf8')).toMatch(/# mine\n$/u);
  const { antivirus, antispam } = await loadSite(site);
  expect(antivirus.clamd).toEqual([{ kind: 'unix', path: join(folder, 'clamav', 'clamd.ctl') }]);
  expect(antispam.rspamd).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/u)]);
  const register = await openRegister(await loadSite(site), () => new Date(), 'make');
  const mailboxes = await register.listMailboxes(DOMAINS.d);
  await register.close();
  expect(Object.fromEntries(mailboxes.map((one) => [one.address, one.antispam]))).toEqual({
    'alice@example.test': false,
    'spamfree@example.test': true,
  });
});
