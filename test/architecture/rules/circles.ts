import type { Tree } from '@vratny/support/tree';
import type { Finding, Rule } from '../finding.ts';
import { resolveRelative, sourcesOf } from '../source-file.ts';

/** No file imports itself by way of others, types included: what cannot be read apart is one file, or has a third one below it. */
export const circles: Rule = {
  name: 'circles',
  check: (tree) => circlesOf(importsOf(tree)).map(toFinding),
};

type Graph = ReadonlyMap<string, readonly string[]>;

/** Relative imports only: between packages the floors allow no way back. */
function importsOf(tree: Tree): Graph {
  return new Map(
    sourcesOf(tree).map((file) => [
      file.path,
      file.imports.filter((specifier) => specifier.startsWith('.')).map((specifier) => resolveRelative(file.path, specifier)),
    ]),
  );
}

/** The strongly connected parts of more than one file (Kosaraju's algorithm). */
function circlesOf(graph: Graph): readonly (readonly string[])[] {
  const order = finishedOrder(graph);
  const back = reversed(graph);
  const seen = new Set<string>();
  return order.toReversed().flatMap((start) => {
    if (seen.has(start)) return [];
    const part = reach(back, start, seen);
    return part.length > 1 ? [part.toSorted()] : [];
  });
}

/** Every file after all that it imports, as far as circles let it. */
function finishedOrder(graph: Graph): readonly string[] {
  const seen = new Set<string>();
  const order: string[] = [];
  const visit = (path: string): void => {
    if (seen.has(path) || !graph.has(path)) return;
    seen.add(path);
    for (const next of graph.get(path) ?? []) visit(next);
    order.push(path);
  };
  for (const path of graph.keys()) visit(path);
  return order;
}

function reversed(graph: Graph): Graph {
  const back = new Map<string, string[]>([...graph.keys()].map((path) => [path, []]));
  for (const [path, targets] of graph) for (const target of targets) back.get(target)?.push(path);
  return back;
}

function reach(graph: Graph, start: string, seen: Set<string>): readonly string[] {
  const found: string[] = [];
  const open = [start];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    found.push(path);
    open.push(...(graph.get(path) ?? []));
  }
  return found;
}

function toFinding([path = '', ...others]: readonly string[]): Finding {
  return { path, text: `imports itself by way of ${others.join(', ')}` };
}
