import type { Tree } from '@vratny/support/tree';
import type { Finding, Rule } from '../finding.ts';
import { packageOf, type SourceFile, sourcesOf } from '../source-file.ts';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** What a package imports it declares, and what it declares it imports. Tests may also use what the root installs for all. */
export const dependencies: Rule = {
  name: 'dependencies',
  check: (tree) => {
    const root = readManifest(tree, 'package.json');
    const shared = new Set(Object.keys(root?.devDependencies ?? {}));
    const byFolder = Map.groupBy(sourcesOf(tree), (file) => file.folder);
    return [...byFolder].flatMap(([folder, files]) => {
      const path = `${folder}/package.json`;
      const manifest = readManifest(tree, path);
      if (manifest === undefined) return [{ path, text: `${folder} has sources and no readable package.json` }];
      return [...undeclared(files, manifest, shared), ...unused(path, files, manifest)];
    });
  },
};

function undeclared(files: readonly SourceFile[], manifest: Manifest, shared: ReadonlySet<string>): readonly Finding[] {
  const run = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }));
  const dev = new Set(Object.keys(manifest.devDependencies ?? {}));
  return files.flatMap((file) =>
    [...new Set(file.imports.map(packageOf))]
      .filter((name) => name !== undefined)
      .filter((name) => !run.has(name) && !(file.kind !== 'source' && (dev.has(name) || shared.has(name))))
      .filter((name) => name !== `@vratny/${file.folder.split('/').at(-1)}`)
      .map((name) => ({ path: file.path, text: `imports ${name}, which ${file.folder}/package.json does not declare` })),
  );
}

function unused(path: string, files: readonly SourceFile[], manifest: Manifest): readonly Finding[] {
  const used = new Set(files.flatMap((file) => file.imports.map(packageOf)));
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  return declared
    .filter((name) => !used.has(name) && !used.has(name.replace(/^@types\//u, '')))
    .map((name) => ({ path, text: `declares ${name}, which nothing there imports` }));
}

function readManifest(tree: Tree, path: string): Manifest | undefined {
  const text = tree.get(path);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
