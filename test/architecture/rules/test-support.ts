import type { Tree } from '@vratny/support/tree';
import { blank } from '../blank.ts';
import type { Rule } from '../finding.ts';
import { importsOf, resolveRelative, type SourceFile, sourcesOf } from '../source-file.ts';

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
    const imports = importsByFile(tree);
    const imported = new Set([...imports.values()].flat());
    const sources = sourcesOf(tree).filter((file) => file.kind === 'source' && !inContract(file.path));
    const production = sources.map((file) => file.path);
    // Nothing imports a program's entry, and a package's door from outside counts whoever comes in by it.
    const entries = production.filter((path) => !imported.has(path) || DOORS_FOR_TESTS.test(path));
    const running = reach(imports, entries, new Set(production));
    const others = [...imports.keys()].filter((path) => !production.includes(path));
    const tested = reach(imports, others, new Set(imports.keys()));
    return production
      .filter((path) => tested.has(path) && !running.has(path))
      .map((path) => ({ path, text: 'is imported by tests only: call it *.fixture.ts, or move it to test/support' }));
  },
};

/** Files of a contract suite stand beside it, in its folder. */
function inContract(path: string): boolean {
  return /\/contract\//u.test(path);
}

type Imports = ReadonlyMap<string, readonly string[]>;

/** What each file imports: sources, tests and the suites. */
function importsByFile(tree: Tree): Imports {
  const doors = doorsOf(tree);
  return new Map(
    [...sourcesOf(tree), ...suitesOf(tree)].map(({ path, imports }) => [
      path,
      imports.flatMap((one) => (one.startsWith('.') ? resolveRelative(path, one) : (doors.get(one) ?? []))),
    ]),
  );
}

/** Everything within `bounds` that some files lead to, themselves included. */
function reach(imports: Imports, from: readonly string[], bounds: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...from];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path) || !bounds.has(path)) continue;
    found.add(path);
    open.push(...(imports.get(path) ?? []));
  }
  return found;
}

function suitesOf(tree: Tree): readonly Pick<SourceFile, 'path' | 'imports'>[] {
  return [...tree].filter(([path]) => TEST_FOLDER.test(path)).map(([path, text]) => ({ path, imports: importsOf(blank(text)) }));
}

/** `@vratny/dns/memory` -> `packages/dns/src/memory.ts`, by the packages' own manifests: a program and a package may stand in folders of the same name. */
function doorsOf(tree: Tree): ReadonlyMap<string, string> {
  const doors = new Map<string, string>();
  for (const folder of new Set(sourcesOf(tree).map((file) => file.folder))) {
    const manifest = tree.get(`${folder}/package.json`) ?? '';
    const [, name = ''] = /"name"\s*:\s*"([^"]+)"/u.exec(manifest) ?? [];
    for (const [, door = '', target = ''] of manifest.matchAll(/"(\.[^"]*)"\s*:\s*"\.\/(src\/[^"]+)"/gu)) {
      doors.set(`${name}${door.slice(1)}`, `${folder}/${target}`);
    }
  }
  return doors;
}
