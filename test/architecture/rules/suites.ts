import { blank } from '../blank.ts';
import type { Finding, Rule } from '../finding.ts';
import { importsOf, resolveRelative } from '../source-file.ts';

const FOLDER = /^test\/([^/]+)\//u;
/** The runner and its table are one thing in two folders. */
const RUNNER: ReadonlySet<string> = new Set(['run', 'setup']);

/** A suite imports nothing of another one: what two suites share stands in `test/support`, which imports no suite. */
export const suites: Rule = {
  name: 'suites',
  check: (tree) => [...tree].flatMap(([path, text]) => (/^test\/.*\/.*\.tsx?$/u.test(path) ? findingsOf(path, text) : [])),
};

function findingsOf(path: string, text: string): readonly Finding[] {
  const own = FOLDER.exec(path)?.[1] ?? '';
  return importsOf(blank(text)).flatMap((specifier) => {
    if (!specifier.startsWith('.')) return [];
    const theirs = FOLDER.exec(resolveRelative(path, specifier))?.[1];
    if (theirs === undefined || theirs === own || (RUNNER.has(own) && RUNNER.has(theirs))) return [];
    if (theirs === 'support') return [{ path, text: `imports ${specifier}: import it as @vratny/support/...` }];
    return [{ path, text: `imports ${specifier} of the suite ${theirs}: what suites share stands in test/support` }];
  });
}
