import type { Rule } from '../finding.ts';
import { sourcesOf } from '../source-file.ts';

/** What a package would write by hand, and where the one implementation stands. */
const COPIES = [
  {
    pattern: /\binstanceof\s+Error\s*\?\s*\w+(?:\.\w+)*\.message\s*:/u,
    text: 'says an error in words by hand: use describeError',
    home: 'packages/text',
  },
  { pattern: /\bAbortSignal\s*\.\s*any\s*\(/u, text: 'joins signals by hand: use createCanceller', home: 'packages/waiting' },
  {
    pattern: /\baddEventListener\s*\(\s*'abort'/u,
    text: 'listens for an abort by hand: use until, withGrace or onAbort',
    home: 'packages/waiting',
  },
] as const;

/** Waiting for a cancellation and saying an error in words have one implementation each; hand-written ones leak listeners and differ in words. */
export const oneOfEach: Rule = {
  name: 'one of each',
  check: (tree) =>
    sourcesOf(tree)
      .filter((file) => file.kind === 'source' && !/\/contract\//u.test(file.path))
      .flatMap((file) =>
        COPIES.filter(({ pattern, home }) => file.folder !== home && pattern.test(file.withStrings)).map(({ text, home }) => ({
          path: file.path,
          text: `${text} of ${home}`,
        })),
      ),
};
