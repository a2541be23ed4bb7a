import type { Rule } from '../finding.ts';

// Put together from pieces, so that this file does not break its own rule. An absolute path: `docs/work/x` is none.
const MACHINE_PATHS = [new RegExp(`(?<![\\w./~-])/${'work'}/`, 'u'), new RegExp(`\\.${'library'}\\b`, 'u')];

/** No committed text names a path of the machine that it was written on. */
export const machinePaths: Rule = {
  name: 'machine paths',
  check: (tree) =>
    [...tree].flatMap(([path, text]) => {
      const found = MACHINE_PATHS.map((pattern) => pattern.exec(text)).find((match) => match !== null);
      return found ? [{ path, text: `names ${found[0]}, a path of one machine` }] : [];
    }),
};
