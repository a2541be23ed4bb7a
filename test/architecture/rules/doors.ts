import type { Tree } from '@vratny/support/tree';
import type { Finding, Rule } from '../finding.ts';
import { packageOf, sourcesOf } from '../source-file.ts';

/**
 * Others see a package's root export only; its adapters, `./memory` and `./contract` are for `cmd/`, tests and contract suites. What tests
 * stand on (`*.fixture.ts`, `@vratny/support`) is for tests.
 */
export const doors: Rule = {
  name: 'doors',
  check: (tree) => [...subpaths(tree), ...fixtures(tree)],
};

function subpaths(tree: Tree): readonly Finding[] {
  return sourcesOf(tree)
    .filter((file) => file.kind === 'source' && !file.folder.startsWith('cmd/'))
    .flatMap((file) =>
      file.imports
        .filter(
          (specifier) =>
            specifier.startsWith('@vratny/') && specifier !== packageOf(specifier) && packageOf(specifier) !== '@vratny/support',
        )
        .map((specifier) => ({
          path: file.path,
          text: `imports the subpath ${specifier}: only cmd/ and tests choose adapters, packages take the port of ${packageOf(specifier)}`,
        })),
    );
}

function fixtures(tree: Tree): readonly Finding[] {
  return sourcesOf(tree)
    .filter((file) => file.kind === 'source')
    .flatMap((file) =>
      file.imports
        .filter((specifier) => specifier.endsWith('.fixture.ts') || packageOf(specifier) === '@vratny/support')
        .map((specifier) => ({ path: file.path, text: `imports ${specifier}, which only tests may` })),
    );
}
