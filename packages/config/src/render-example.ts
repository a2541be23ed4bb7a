import { formatValue, type KeyEntry, listKeys } from './render-doc.ts';

const WIDTH = 100;

const INTRODUCTION = `# A site file with every key. Only cluster.domain is required; all other values are the defaults, and
# keys that have none are commented out. Generated from packages/config/src/schema.ts by "npm run -s docs";
# docs/CONFIG.md explains how values are written.
`;

/** The file site.example.yaml; itself a valid site file. */
export function renderExample(): string {
  return [INTRODUCTION, ...listKeys().map((entry) => `${renderEntry(entry, '', false).join('\n')}\n`)].join('\n');
}

/** The lines of one key. What has no default is commented out, with `#` right before the key, prose with `# `. */
function renderEntry(entry: KeyEntry, indent: string, within: boolean): string[] {
  const { notes, children, name, list } = entry;
  const silent = within || (notes.default === undefined && notes.required !== true);
  const mark = silent ? '#' : '';
  const comment = wrap(notes.about.replaceAll('`', ''), WIDTH - indent.length - 2).map((line) => `${indent}# ${line}`);
  if (children.length > 0 && !list) {
    return [...comment, `${indent}${mark}${name}:`, ...children.flatMap((child) => renderEntry(child, `${indent}  `, silent))];
  }
  const value = notes.default ?? notes.example;
  return [...comment, `${indent}${mark}${name}: ${formatValue(value)}`];
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
