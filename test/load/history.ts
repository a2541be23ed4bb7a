/**
 * How long searches in a history take while it is written: `node test/load/history.ts [entries] [domains]`, a million and 10,000 unless told, on SQLite. Some
 * 100 entries a second come in meanwhile. Prints a table of the 95th percentiles and of each plan; the goal is 300 ms, and no plan that scans a table.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { newReceipt } from '@vratny/journal';
import type { HistoryEntry, HistoryQuery } from '@vratny/journal/history';
import { openSqliteHistory } from '@vratny/journal/history/sqlite';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';

const [ENTRIES = 1_000_000, DOMAINS = 10_000] = process.argv.slice(2).map(Number);
const DAYS = 14;
const DAY_MS = 86_400_000;
const BATCH = 10_000;
const ROUNDS = 100;
const WRITE_EVERY_MS = 100;
const WRITTEN = 10;
const CHECKS = ['spf', 'dnsbl', 'mailbox', 'attachments', 'greylist', 'antispam'] as const;
const NOW = Date.now();

const pick = (count: number) => Math.floor(Math.random() * count);
const domain = (nth: number) => `domain${nth}.example`;

function entryAt(at: Date): HistoryEntry {
  const check = CHECKS[pick(CHECKS.length)] ?? 'spf';
  return {
    id: newReceipt(at),
    at,
    ...{
      host: 'd10',
      client: `198.51.${pick(256)}.${pick(256)}`,
      helo: 'mail.sender.example',
      sender: `user${pick(50_000)}@sender${pick(5_000)}.example`,
    },
    ...{ recipient: `box${pick(20)}@${domain(pick(DOMAINS))}`, check, verdict: check === 'greylist' ? 'delayed' : 'refused' },
    reply: '550 5.7.23 sender.example does not allow 198.51.100.7 to send mail in its name (SPF)',
    story: `{"decision":{"stage":"rcpt","facts":{"spf":{"ms":3.1,"value":"fail (sender.example)"}},"pad":"${'x'.repeat(600)}"}}`,
  };
}

using folder = makeTemporaryFolder('history-load');
const path = join(folder.path, 'history');
const history = openSqliteHistory({ folder: path });
let begun = performance.now();
const known: HistoryEntry[] = [];
for (let i = 0; i < ENTRIES; i += BATCH) {
  // Day by day, as they come.
  const entries = Array.from({ length: Math.min(BATCH, ENTRIES - i) }, (_, k) =>
    entryAt(new Date(NOW - DAYS * DAY_MS * (1 - (i + k) / ENTRIES))),
  );
  await history.add(entries, []);
  known.push(...entries.slice(0, 10));
}
console.log(`${ENTRIES} entries of ${DOMAINS} domains written in ${((performance.now() - begun) / 1000).toFixed(1)} s`);

const reader = openSqliteHistory({ folder: path, readOnly: true });
const one = () => known[pick(known.length)] ?? entryAt(new Date());
const since = new Date(NOW - DAYS * DAY_MS);
const until = new Date(NOW + DAY_MS);
const search = (query: Partial<HistoryQuery>) => reader.search({ since, until, limit: 50, ...query });
const today = new Date(Math.floor(NOW / DAY_MS) * DAY_MS - DAY_MS);
const SEARCHES: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['a receipt', () => reader.find(one().id)],
  ['a domain', () => search({ domain: domain(pick(DOMAINS)) })],
  ['a domain and a check', () => search({ domain: domain(pick(DOMAINS)), check: 'spf' })],
  ['a recipient', () => search({ recipient: one().recipient })],
  ['the beginning of a recipient', () => search({ recipient: `${one().recipient.slice(0, 12)}*` })],
  ['a sender', () => search({ sender: one().sender })],
  ['a client', () => search({ client: one().client })],
  ['a check', () => search({ check: 'antispam' })],
  ['a verdict', () => search({ verdict: 'delayed' })],
  ['everything', () => search({})],
  ['a text within a day', () => search({ contains: 'nowhere to be found', since: today, until: new Date(today.getTime() + DAY_MS) })],
];
const writing = setInterval(
  () =>
    void history.add(
      Array.from({ length: WRITTEN }, () => entryAt(new Date())),
      [],
    ),
  WRITE_EVERY_MS,
);
for (const [what, ask] of SEARCHES) {
  const took: number[] = [];
  for (let i = 0; i < ROUNDS; i += 1) {
    begun = performance.now();
    await ask();
    took.push(performance.now() - begun);
    // Others write meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  took.sort((a, b) => a - b);
  const p95 = took[Math.floor(took.length * 0.95)] ?? 0;
  console.log(`${what.padEnd(30)} p95 ${p95.toFixed(1).padStart(8)} ms  ${p95 <= 300 ? '' : 'above the goal'}`);
}
clearInterval(writing);
begun = performance.now();
await history.expire({ entriesFrom: new Date(NOW - 13 * DAY_MS).toISOString().slice(0, 10), countsFrom: '2000-01-01' });
console.log(`a day removed in ${(performance.now() - begun).toFixed(1)} ms`);
await reader.close();
await history.close();

const file = readdirSync(path).find((name) => /^\d.*\.db$/u.test(name)) ?? '';
const database = new DatabaseSync(join(path, file), { readOnly: true });
for (const where of ['id = ?', 'domain = ?', 'recipient = ?', 'sender = ?', 'client = ?', 'by_check = ?', 'verdict = ?', '1']) {
  const plan = database
    .prepare(`EXPLAIN QUERY PLAN SELECT * FROM entry WHERE at >= 0 AND at < 9e15 AND ${where} ORDER BY at DESC, nth DESC LIMIT 51`)
    .all();
  console.log(`${where.padEnd(14)} ${plan.map((row) => String(row['detail'])).join('; ')}`);
}
database.close();
