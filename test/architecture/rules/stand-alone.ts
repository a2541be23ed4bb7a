import type { Rule } from '../finding.ts';

// Put together from pieces, so that this file does not break its own rule.
const ABSENT = [new RegExp(`\\bDES${'IGN'}\\b`, 'u'), new RegExp(`\\bREQUIRE${'MENTS'}\\b`, 'u')];

/** The repository's documents and comments stand alone: none cites a paper that is not in it. */
export const standAlone: Rule = {
  name: 'stand alone',
  check: (tree) =>
    [...tree].flatMap(([path, text]) =>
      text.split('\n').flatMap((line, index) => {
        const found = ABSENT.map((pattern) => pattern.exec(line)).find((match) => match !== null);
        return found ? [{ path, text: `line ${index + 1} cites ${found[0]}, which is not in this repository` }] : [];
      }),
    ),
};
