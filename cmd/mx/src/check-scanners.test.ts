import { createMemoryJournal } from '@vratny/journal/memory';
import { POLICIES } from '@vratny/policy';
import { expect, test } from 'vitest';
import { askedScanners } from './assemble.ts';
import { type AskedScanner, checkScanners, openAskedScanners } from './primary.ts';

const SITE = {
  antivirus: { clamd: [] },
  antispam: { rspamd: [], refuseScore: 15, markScore: 6, sizeLimit: 1, onFault: 'delay' },
  limits: {
    message: 1,
    recipients: 1,
    connections: 1,
    connectionsPerIp: 1,
    failedRecipients: 1,
    messagesInFlight: 1,
  },
} as const;

/** A scanner with these findings, one for each look at it. */
function scripted(where: AskedScanner['where'], ...findings: readonly (readonly string[])[]) {
  const seen = { checks: 0, closed: 0 };
  const check = async () => findings[seen.checks++] ?? ['asked too often'];
  const close = async () => {
    seen.closed += 1;
  };
  return { scanner: { where, check, close }, seen };
}

test.each([
  ['a10', ['antispam']],
  ['b10', ['antivirus', 'antispam']],
  ['c10', ['antivirus', 'antispam']],
  ['d10', ['antivirus', 'antispam']],
])('%s asks %j', async (name, expected) => {
  const policy = POLICIES.find((one) => one.name === name);
  if (!policy) throw new Error(`no policy ${name}`);
  const scanners = await openAskedScanners(askedScanners(policy), SITE);
  expect(scanners.map((one) => one.where)).toEqual(expected);
  const journal = createMemoryJournal();
  const end = checkScanners(scanners, journal, 0);
  // No server is configured, which each of them says.
  await expect.poll(() => journal.events.length).toBe(expected.length);
  await end();
});

test('what is wrong twice is a fault for each line', async () => {
  const journal = createMemoryJournal();
  const virus = scripted('antivirus', ['starting'], ['one', 'two']);
  const busy = scripted('antispam', ['busy'], []);
  const well = scripted('antispam', []);
  checkScanners([virus.scanner, busy.scanner, well.scanner], journal, 0);
  await expect.poll(() => [virus.seen, busy.seen, well.seen].map((one) => one.closed)).toEqual([1, 1, 1]);
  expect([virus.seen, busy.seen, well.seen].map((one) => one.checks)).toEqual([2, 2, 1]);
  expect(journal.events).toEqual([
    { kind: 'fault', where: 'antivirus', detail: 'one' },
    { kind: 'fault', where: 'antivirus', detail: 'two' },
  ]);
});

test('one that is ended before its second look says nothing, and does not wait for it', async () => {
  const journal = createMemoryJournal();
  const virus = scripted('antivirus', ['starting']);
  const end = checkScanners([virus.scanner], journal, 3_600_000);
  await expect.poll(() => virus.seen.checks).toBe(1);
  await end();
  expect(virus.seen).toEqual({ checks: 1, closed: 1 });
  expect(journal.events).toEqual([]);
});
