import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteRequests } from './sqlite.ts';

/** As the first version made it. */
const OLD = `
  CREATE TABLE request (
    receipt TEXT PRIMARY KEY, at INTEGER NOT NULL, sender_domain TEXT NOT NULL, recipient_domain TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX request_sender ON request (sender_domain, at);
  INSERT INTO request VALUES ('old', 1000, 'partner.example', 'one.example');
`;

test('requests of the first version’s table are kept, and the table goes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vratny-requests-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'panel.db');
  const made = new DatabaseSync(path);
  made.exec(OLD);
  made.close();
  for (const _ of [1, 2]) {
    const requests = await openSqliteRequests(path);
    expect(await requests.has('old')).toBe(true);
    await requests.close();
  }
  const left = new DatabaseSync(path, { readOnly: true });
  expect(left.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()).toEqual([{ name: 'let_in_request' }]);
  expect(left.prepare('SELECT * FROM let_in_request').all()).toEqual([
    { receipt: 'old', recipient_domain: 'one.example', at: 1_000, sender_domain: 'partner.example' },
  ]);
  left.close();
});

test('the file is opened while another process writes into it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vratny-requests-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'panel.db');
  await (await openSqliteRequests(path)).close();
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  const requests = await openSqliteRequests(path);
  expect(await requests.has('old')).toBe(false);
  await requests.close();
  other.close();
});
