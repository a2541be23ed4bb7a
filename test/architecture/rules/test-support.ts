import type { Rule } from '../finding.ts';
import { importsOf, resolveRelative, type SourceFile, sourcesOf } from '../source-file.ts';
import { blank } from '../blank.ts';
import type { Tree } from '../tree.ts';

/** The doors of a package that tests of others may use although nothing in production does. */
const DOORS_FOR_TESTS = /\/(?:memory|contract|index)\.ts$/u;
const TEST_FOLDER = /^test\/.*\.tsx?$/u;

/**
 * What only tests import is test support: it is called `*.fixture.ts` or stands in `test/support`, so that a reader of a package sees at once what
 * runs in production. Contract suites and adapters in memory are part of a package's offer. That only tests import fixtures is the rule "doors".
 */
export const testSupport: Rule = {
  name: 'test support',
  check: (tree) => {
    const users = usersOf(tree);
    return sourcesOf(tree)
      .filter((file) => file.kind === 'source' && !DOORS_FOR_TESTS.test(file.path) && !inContract(file.path))
      .filter((file) => users.has(file.path) && !runsInProduction(file.path, users))
      .map((file) => ({ path: file.path, text: 'is imported by tests only: call it *.fixture.ts, or move it to test/support' }));
  },
};

/** Files of a contract suite stand beside it, in its folder. */
function inContract(path: string): boolean {
  return /\/contract\//u.test(path);
}

type Users = ReadonlyMap<string, ReadonlySet<string>>;

/** Who imports each file: sources, tests and the suites. */
function usersOf(tree: Tree): Users {
  const doors = doorsOf(tree);
  const users = new Map<string, Set<string>>();
  const add = (target: string | undefined, user: string) => {
    if (target !== undefined) users.set(target, (users.get(target) ?? new Set()).add(user));
  };
  for (const { path, imports } of [...sourcesOf(tree), ...suitesOf(tree)]) {
    for (const one of imports) add(one.startsWith('.') ? resolveRelative(path, one) : doors.get(one), path);
  }
  return users;
}

function suitesOf(tree: Tree): readonly Pick<SourceFile, 'path' | 'imports'>[] {
  return [...tree].filter(([path]) => TEST_FOLDER.test(path)).map(([path, text]) => ({ path, imports: importsOf(blank(text)) }));
}

/** `@vratny/dns/memory` -> `packages/dns/src/memory.ts`, by the packages' own manifests. */
function doorsOf(tree: Tree): ReadonlyMap<string, string> {
  const doors = new Map<string, string>();
  for (const folder of new Set(sourcesOf(tree).map((file) => file.folder))) {
    for (const [, door = '', target = ''] of (tree.get(`${folder}/package.json`) ?? '').matchAll(/"(\.[^"]*)"\s*:\s*"\.\/(src\/[^"]+)"/gu)) {
      doors.set(`@vratny/${folder.split('/').at(-1)}${door.slice(1)}`, `${folder}/${target}`);
    }
  }
  return doors;
}

/** Whether a file that is no test and no test support imports it, directly or by way of others. */
function runsInProduction(path: string, users: Users, above: ReadonlySet<string> = new Set()): boolean {
  const importers = [...(users.get(path) ?? [])].filter((user) => !above.has(user));
  return importers.some((user) => {
    if (/\.(?:test|fixture)\.tsx?$/u.test(user) || user.startsWith('test/') || /(?:^|[/.-])contract\.ts$/u.test(user) || inContract(user)) return false;
    // Nothing imports a program's entry or a package's door from inside.
    return !users.has(user) || DOORS_FOR_TESTS.test(user) || runsInProduction(user, users, new Set([...above, path]));
  });
}
