import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { answer } from '../contract/opened.ts';
import { openSqliteDirectory, openSqliteRegister } from '../sqlite.ts';
import { withPath } from './temporary-folder.fixture.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((local) => `${local}@one.test`);

/** What stands at each name: a mailbox, an alias of anything (itself included), or nothing. */
type Graph = readonly ('mailbox' | 'nothing' | readonly string[])[];

const graphs: fc.Arbitrary<Graph> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.constant('mailbox' as const) },
    { weight: 4, arbitrary: fc.subarray(NAMES, { minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.constant('nothing' as const) },
  ),
  { minLength: NAMES.length, maxLength: NAMES.length },
);

/** Writes the graph past the register, which would refuse its loops. */
function write(db: DatabaseSync, graph: Graph): void {
  db.exec('BEGIN; DELETE FROM mailboxes; DELETE FROM aliases');
  const mailbox = db.prepare("INSERT INTO mailboxes VALUES (?, 'one.test', substr(?, 1, 1), NULL, 0, 0, 1, NULL)");
  const alias = db.prepare("INSERT INTO aliases VALUES (?, 'one.test', ?, ?)");
  for (const [index, node] of graph.entries()) {
    const name = NAMES[index] ?? '';
    if (node === 'mailbox') mailbox.run(name, name);
    else if (node !== 'nothing') for (const [position, target] of node.entries()) alias.run(name, position, target);
  }
  db.exec('COMMIT');
}

/** The same answer by brute force: everything that can be reached, by repeating until nothing is added. */
function expected(graph: Graph, start: string): readonly string[] | 'unknown' {
  const nodeOf = (name: string) => graph[NAMES.indexOf(name)] ?? 'nothing';
  const reached = new Set([start]);
  for (const name of reached) {
    const node = nodeOf(name);
    if (typeof node !== 'string') for (const target of node) reached.add(target);
  }
  const mailboxes = [...reached].filter((name) => nodeOf(name) === 'mailbox');
  return mailboxes.length === 0 ? 'unknown' : mailboxes.toSorted();
}

it('any graph of aliases, loops and dead ends included, comes to the answer that reachability gives', () =>
  withPath(async (path) => {
    const register = await openSqliteRegister({ path, now: () => new Date(0) });
    await register.addDomain('one.test', 'd', 'test');
    await register.close();
    const db = new DatabaseSync(path);
    const directory = await openSqliteDirectory({ path });
    await fc.assert(
      fc.asyncProperty(graphs, async (graph) => {
        write(db, graph);
        for (const name of NAMES) {
          const found = await answer(directory, name);
          expect(found === 'unknown' ? found : found.split(' ').toSorted()).toEqual(expected(graph, name));
        }
      }),
      { numRuns: 200 },
    );
    await directory.close();
    db.close();
  }));
