import { stringify } from 'yaml';
import { type Notes, notesOf } from '../key.ts';
import { siteSchema } from '../schema.ts';
import { isList, shapeOf } from './shape.ts';

/** One key as the documents show it. */
export interface KeyEntry {
  readonly name: string;
  readonly notes: Notes;
  /** The keys below it that have notes of their own. */
  readonly children: readonly KeyEntry[];
  /** The children are those of a list's entries. */
  readonly list: boolean;
}

/** All keys, in the order of their declaration. */
export function listKeys(): readonly KeyEntry[] {
  // Where paths would start does not matter: the notes hold what is written, not what it becomes.
  return childrenOf(siteSchema('/'));
}

type Schema = Parameters<typeof shapeOf>[0];

function childrenOf(schema: Schema): readonly KeyEntry[] {
  return Object.entries(shapeOf(schema) ?? {}).flatMap(([name, child]) => {
    const notes = notesOf(child);
    return notes === undefined ? [] : [{ name, notes, children: childrenOf(child), list: isList(child) }];
  });
}

/** A value as it is written on one line of a site file. */
function formatValue(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', flowCollectionPadding: true, lineWidth: 0 }).trimEnd();
}

const INTRODUCTION = `# The site file

<!-- Generated from packages/config/src/schema.ts by \`npm run -s docs\`; a test fails when this page is stale. -->

One YAML file is shared by all processes of a site; flags say which of its hosts a process is. \`mxctl check-config\` reads it and
says what is wrong, with the line: \`site.yaml:7: dnsbl.zonez: unknown key, did you mean "zones"?\`

- Unknown keys are errors. Every key has a default unless it says **required**.
- Relative paths start at the directory of the site file.
- Sizes: \`100MiB\` (powers of two), \`20MB\` (powers of ten), or a number of octets. Durations: \`250ms\`, \`90s\`, \`5m\`, \`24h\`, \`7d\`.
- Networks: \`192.0.2.0/24\`, \`2001:db8::/32\`, or a single address.
- Passwords do not stand in the file: where one is needed, write \`{ file: /run/secrets/name }\`. For stores that need one, write
  \`{ url: "redis://host:6379", password: { file: /run/secrets/redis } }\` in place of the URL.

A file with every key is in [site.example.yaml](../site.example.yaml).
`;

/** The page docs/CONFIG.md. */
export function renderConfigDoc(): string {
  return [INTRODUCTION, ...listKeys().map(renderKey)].join('\n');
}

function renderKey(entry: KeyEntry): string {
  const rows = entry.children.flatMap((child) => renderRows(child, `${entry.name}${entry.list ? '[]' : ''}`));
  const heading = `## \`${entry.name}\`\n\n${`${entry.notes.about} ${renderAbsence(entry)}`.trimEnd()}\n`;
  return rows.length === 0 ? heading : `${heading}\n| key | when left out | meaning |\n|---|---|---|\n${rows.join('\n')}\n`;
}

function renderAbsence({ notes, children }: KeyEntry): string {
  if (children.length > 0 && notes.otherwise === undefined) return notes.required === true ? '**Required.**' : '';
  const example = notes.example === undefined ? '' : ` For example \`${formatValue(notes.example)}\`.`;
  return `${sentence(whenLeftOut(notes))}${example}`;
}

function renderRows(entry: KeyEntry, above: string): string[] {
  const path = `${above}.${entry.name}${entry.list ? '[]' : ''}`;
  const below = entry.children.flatMap((child) => renderRows(child, path));
  if (below.length > 0 && !entry.list) return below;
  const example = entry.notes.example === undefined ? '' : ` Example: \`${formatValue(entry.notes.example)}\`.`;
  return [`| \`${above}.${entry.name}\` | ${whenLeftOut(entry.notes)} | ${cell(entry.notes.about + example)} |`, ...below];
}

function whenLeftOut(notes: Notes): string {
  if (notes.required === true) return '**required**';
  return notes.default === undefined ? (notes.otherwise ?? '') : `\`${formatValue(notes.default)}\``;
}

function sentence(absence: string): string {
  return absence === '**required**' ? '**Required.**' : `When left out: ${absence}.`;
}

/** A vertical bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

const WIDTH = 100;

const EXAMPLE_INTRODUCTION = `# A site file with every key. Only cluster.domain is required; all other values are the defaults, and
# keys that have none are commented out. Generated from packages/config/src/schema.ts by "npm run -s docs";
# docs/CONFIG.md explains how values are written.
`;

/** The file site.example.yaml; itself a valid site file. */
export function renderExample(): string {
  return [EXAMPLE_INTRODUCTION, ...listKeys().map((entry) => `${renderEntry(entry, '', false).join('\n')}\n`)].join('\n');
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
