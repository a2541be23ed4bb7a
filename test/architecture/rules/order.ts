import type { Finding, Rule } from '../finding.ts';
import { type SourceFile, sourcesOf } from '../source-file.ts';

/** A statement at the top of a file that does something: what stands below it does not exist yet. */
const DOES_SOMETHING = /^(?:[^\s/*}].*\bawait\b|try\b|for\s+await\b|if\s*\(|else\b|switch\b)/u;
const DECLARATION = /^(?:export\s+)?(?:const|let|class|abstract\s+class)\s+([A-Za-z_$][\w$]*)/u;
const FUNCTION = /^(?:export\s+)?(?:async\s+)?function\b|=>\s*\{?$/u;

/**
 * In a file that does something when it is loaded, every constant and class stands above that statement. A function may stand below;
 * a constant that it uses may not: it "cannot be accessed before initialization" while the statement runs.
 */
export const order: Rule = {
  name: 'order',
  check: (tree) =>
    sourcesOf(tree)
      .filter((file) => file.kind === 'source')
      .flatMap(findingsOf),
};

function findingsOf(file: SourceFile): readonly Finding[] {
  const lines = file.codeOnly.split('\n');
  const doing = lines.findIndex((line) => DOES_SOMETHING.test(line) && !FUNCTION.test(line) && !/^(?:import|export\s+\{)/u.test(line));
  if (doing < 0) return [];
  return lines.slice(doing + 1).flatMap((line): readonly Finding[] => {
    const name = DECLARATION.exec(line)?.[1];
    if (name === undefined || /\bawait\b/u.test(line)) return [];
    return [{ path: file.path, text: `declares ${name} below the statement that runs the program: move it above` }];
  });
}
