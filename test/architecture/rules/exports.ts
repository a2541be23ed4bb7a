import type { Rule } from '../finding.ts';
import { sourcesOf } from '../source-file.ts';

const FORBIDDEN: readonly { readonly pattern: RegExp; readonly text: string }[] = [
  { pattern: /\bexport\s+default\b|\bexport\s*\{[^}]*\bas\s+default\b/u, text: 'has a default export: give it a name' },
  { pattern: /(?:^|[;{}\n])\s*(?:export\s+|declare\s+|const\s+)*enum\s+[A-Za-z_$]/u, text: 'has an enum: use a union of literals' },
];

/** No default exports, no enums. */
export const exportForms: Rule = {
  name: 'export forms',
  check: (tree) =>
    sourcesOf(tree).flatMap((file) =>
      FORBIDDEN.filter((one) => one.pattern.test(file.codeOnly)).map((one) => ({ path: file.path, text: one.text })),
    ),
};
