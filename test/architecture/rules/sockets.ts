import type { Rule } from '../finding.ts';
import { sourcesOf } from '../source-file.ts';

const PURE = new Set(['packages/smtp', 'packages/hosts']);
const NETWORK = new Set(['net', 'tls', 'dgram', 'http', 'https', 'http2', 'dns', 'dns/promises']);
const NAMED = /\bimport\s+(?:type\s+)?\{([^}]*)\}\s*from\s*['"](?:node:)?net['"]/gu;
/** Pure functions that happen to live in node:net. */
const ALLOWED = new Set(['isIP', 'isIPv4', 'isIPv6', 'BlockList']);

/** SMTP and hosts are values: they open no sockets. node:net's pure functions are welcome, by name. */
export const sockets: Rule = {
  name: 'sockets',
  check: (tree) =>
    sourcesOf(tree)
      .filter((file) => PURE.has(file.folder) && file.kind === 'source')
      .flatMap((file) => {
        const network = file.imports.filter((specifier) => NETWORK.has(specifier.replace(/^node:/u, '')));
        const harmless = [...file.withStrings.matchAll(NAMED)].filter((match) => isHarmless(match[1] ?? '')).length;
        return network.length > harmless ? [{ path: file.path, text: `imports ${network.join(', ')}: ${file.folder} is pure` }] : [];
      }),
};

function isHarmless(list: string): boolean {
  return list
    .split(',')
    .map(
      (one) =>
        one
          .trim()
          .replace(/^type\s+/u, '')
          .split(/\s+as\s+/u)[0] ?? '',
    )
    .filter((one) => one !== '')
    .every((one) => ALLOWED.has(one));
}
