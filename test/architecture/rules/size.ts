import type { Tree } from '@vratny/support/tree';
import type { Finding, Rule } from '../finding.ts';
import { functionsOf } from '../functions.ts';
import { type SourceFile, sourcesOf } from '../source-file.ts';

/** CONTRIBUTING.md: a file is one idea that a reader can hold. */
const FILE_MAX_LINES = 400;
const FUNCTION_MAX_LINES = 60;

/** No source file above 400 lines, no function above 60. The blocks of tests (`describe`) and contract suites are lists, not functions. */
export const size: Rule = {
  name: 'size',
  check: (tree) => [
    ...longFiles(tree),
    ...sourcesOf(tree)
      .filter((file) => file.kind === 'source')
      .flatMap(longFunctions),
  ],
};

function longFiles(tree: Tree): readonly Finding[] {
  return [...tree]
    .filter(([path]) => /^(packages|cmd|test)\/.*\.(tsx?|mjs|css)$/u.test(path))
    .map(([path, text]) => ({ path, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0) }))
    .filter((file) => file.lines > FILE_MAX_LINES)
    .map((file) => ({ path: file.path, text: `has ${file.lines} lines, more than ${FILE_MAX_LINES}: split it by what it knows` }));
}

function longFunctions(file: SourceFile): readonly Finding[] {
  return functionsOf(file.codeOnly)
    .filter((one) => one.lines > FUNCTION_MAX_LINES)
    .map((one) => ({ path: file.path, text: `line ${one.line}: a function of ${one.lines} lines, more than ${FUNCTION_MAX_LINES}` }));
}
