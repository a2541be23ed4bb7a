import { type Document, isAlias, isMap, isNode, isPair, isScalar, isSeq, type LineCounter } from 'yaml';

/** Where in the file something stands. */
export interface Place {
  /** From 1. */
  readonly line: number;
  /** The keys that lead there, as far as the file goes. */
  readonly path: readonly PropertyKey[];
}

/**
 * Finds the line of a path. A missing key is found where its map begins (the key above it); `atKey` asks for the line of the last key
 * itself instead of its value, for keys that should not be there.
 */
export function locate(document: Document.Parsed, lines: LineCounter, path: readonly PropertyKey[]): Place {
  let node: unknown = document.contents;
  let offset = startOf(document.contents) ?? 0;
  for (const [depth, step] of path.entries()) {
    const target = isAlias(node) ? node.resolve(document) : node;
    if (isMap(target)) {
      const pair = target.items.find((item) => isPair(item) && keyText(item.key) === String(step));
      if (pair === undefined) return { line: lineAt(lines, offset), path };
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
      // A scalar may stand lines below its key; a map is better known by its key.
      if (isScalar(node)) offset = startOf(node) ?? offset;
    } else if (isSeq(target)) {
      node = target.items[Number(step)];
      offset = startOf(node) ?? offset;
    } else if (isScalar(target) && target.value !== null) {
      // The file has a plain value here: the problem is that value's, whatever the schema wanted below it.
      return { line: lineAt(lines, offset), path: path.slice(0, depth) };
    }
  }
  return { line: lineAt(lines, offset), path };
}

/** A path as it is said in messages: `dnsbl.zones[0].codes`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((before, step) => {
    if (typeof step === 'number') return `${before}[${step}]`;
    return before === '' ? String(step) : `${before}.${String(step)}`;
  }, '');
}

function keyText(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** The line of an offset, from 1. */
export function lineAt(lines: LineCounter, offset: number): number {
  return Math.max(1, lines.linePos(offset).line);
}
