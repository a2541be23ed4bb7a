import type { Rule } from '../finding.ts';
import { resolveRelative, sourcesOf } from '../source-file.ts';

/** Each layer may import those below it, and itself. Stamps are functions of facts, as checks are. */
const LAYERS: ReadonlyMap<string, number> = new Map([
  ['model', 0],
  ['facts', 1],
  ['stamps', 2],
  ['checks', 2],
  ['letters', 3],
]);
const LAYER = /^packages\/policy\/src\/([^/]+)\//u;

/** Inside policy: letters -> checks -> facts -> model. */
export const policyLayers: Rule = {
  name: 'policy layers',
  check: (tree) =>
    sourcesOf(tree)
      .filter((file) => file.kind === 'source')
      .flatMap((file) => {
        const own = LAYER.exec(file.path)?.[1] ?? '';
        const height = LAYERS.get(own);
        if (height === undefined) return [];
        return file.imports
          .filter((specifier) => specifier.startsWith('.'))
          .flatMap((specifier) => {
            const other = LAYER.exec(resolveRelative(file.path, specifier))?.[1] ?? '';
            const theirs = LAYERS.get(other);
            if (theirs === undefined || other === own || theirs < height) return [];
            return [{ path: file.path, text: `${own} imports ${specifier}: letters -> checks -> facts -> model goes one way` }];
          });
      }),
};
