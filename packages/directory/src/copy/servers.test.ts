import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { createAskedDatabase } from '../source/asked-database.ts';
import { createServers, openLater, type Rendered, ServerFault, type SqlRow, type SqlServer } from '../source/sql.ts';
import { describeAsked } from './asked.ts';
import { followChanges } from './follow-changes.ts';
import { loadCopy } from './load-copy.ts';

const TEXTS = {
  domain: 'SELECT domain :domain',
  address: 'SELECT address :address',
  domains: ['SELECT domains :after :limit'],
  addresses: ['SELECT mailboxes :after :limit', 'SELECT aliases :after :limit'],
  version: 'SELECT version',
  changes: 'SELECT changes :after :limit',
};
const ASKED = describeAsked({ kind: 'mysql', database: 'mail', servers: ['one', 'two'], user: 'reader', statements: [1] });

/** A server whose rows all bear its name, and which can be away from the next question of a kind on. */
function makeServer(name: string) {
  const state = { awayFrom: '', version: '7', started: 1, asked: [] as string[] };
  const rows = ({ sql }: Rendered): readonly SqlRow[] => {
    const [, what = ''] = sql.split(' ');
    state.asked.push(what);
    if (state.awayFrom === what || state.awayFrom === 'all') {
      state.awayFrom = 'all';
      throw new ServerFault('gone');
    }
    if (what === 'version') return [{ version: state.version }];
    if (what === 'domains') return [{ name: `${name}.test` }];
    if (what === 'mailboxes') return [{ kind: 'mailbox', address: `alice@${name}.test` }];
    if (what === 'aliases') return [{ kind: 'alias', address: `sales@${name}.test`, target: `alice@${name}.test` }];
    if (what === 'changes' && Number(state.version) < 7) return [];
    // The change that made version 7, and one more.
    if (what === 'changes')
      return [
        { subject: 'x', version: '7' },
        { subject: `${name}.test`, version: state.version },
      ];
    return what === 'domain' ? [{ name: `${name}.test` }] : [];
  };
  const query = async (statement: Rendered) => rows(statement);
  const server: SqlServer = {
    name,
    style: 'question-mark',
    query,
    snapshot: (work) => work({ query, identity: async () => `started ${state.started}` }),
    explain: async () => ({ lines: [], scans: [] }),
    close: async () => undefined,
  };
  return { state, server };
}

/** Two servers of one database, and the copy of it. */
async function create() {
  const folder = mkdtempSync(join(tmpdir(), 'vratny-servers-'));
  const path = join(folder, 'copy.db');
  let nowMs = 0;
  const [one, two] = [makeServer('one'), makeServer('two')];
  const source = createAskedDatabase(
    createServers([one.server, two.server], () => nowMs),
    TEXTS,
    { asked: ASKED },
  );
  const now = () => new Date(0);
  return {
    one: one.state,
    two: two.state,
    pass: (ms: number) => {
      nowMs += ms;
    },
    load: () => loadCopy({ path, source, now }),
    follow: () => followChanges({ path, source, now, clock: { id: 'x', ms: () => 0 } }),
    held: (): readonly string[] => {
      const db = new DatabaseSync(path, { readOnly: true });
      const names = db.prepare('SELECT name FROM domains UNION ALL SELECT address FROM addresses').all();
      db.close();
      return names.map((row) => String(row['name']));
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

const ALL_OF = (name: string): readonly string[] => [`${name}.test`, `alice@${name}.test`, `sales@${name}.test`];

it.each(['version', 'domains', 'mailboxes', 'aliases'])(
  'a load that loses its server at the %s is begun anew with the next, and mixes nothing',
  async (what) => {
    using at = await create();
    at.one.awayFrom = what;
    expect(await at.load()).toMatchObject({ domains: 1, addresses: 2 });
    expect(at.held()).toEqual(ALL_OF('two'));
  },
);

it('the same version of another server is another version, and that of a server that was started again', async () => {
  using at = await create();
  await at.load();
  expect(await at.follow()).toBe('proved');
  at.one.awayFrom = 'all';
  expect(await at.follow()).toBe('load');
  await at.load();
  expect([await at.follow(), at.held()]).toEqual(['proved', ALL_OF('two')]);
  at.two.started = 2;
  expect(await at.follow()).toBe('load');
});

it('changes are taken from the server that named their version, and from no other', async () => {
  using at = await create();
  await at.load();
  at.one.version = '8';
  at.one.awayFrom = 'domain';
  // It is gone after it listed the changes: the next one has none of its version.
  expect(await at.follow()).toBe('load');
  expect(at.held()).toEqual(ALL_OF('one'));
  at.one.awayFrom = '';
  at.pass(10_000);
  expect(await at.follow()).toBe('proved');
});

it('a version that went back, or numbers that came again, ask for a load', async () => {
  using at = await create();
  await at.load();
  at.one.version = '6';
  expect(await at.follow()).toBe('load');
  at.one.version = '9';
  await at.load();
  // The list of changes begins with another change than that which made version 9.
  at.one.version = '10';
  expect(await at.follow()).toBe('load');
});

it('a server that could not be opened is opened again', async () => {
  const { server } = makeServer('one');
  let attempts = 0;
  const later = openLater('one', 'question-mark', async () => {
    attempts += 1;
    if (attempts === 1) throw new Error('no such module');
    return server;
  });
  await expect(later.query({ sql: 'SELECT version', values: [] })).rejects.toThrow('no such module');
  expect(await later.query({ sql: 'SELECT version', values: [] })).toEqual([{ version: '7' }]);
  const broken = openLater('two', 'question-mark', () => Promise.reject(new Error('no')));
  await expect(broken.query({ sql: 'SELECT version', values: [] })).rejects.toThrow('no');
  await broken.close();
});
