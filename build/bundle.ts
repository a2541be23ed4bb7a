import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { build, type Plugin, transform } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');
const TARGET = `node${process.versions.node}`;
const PANEL = join(ROOT, 'packages', 'panel', 'src');

/** All programs in pieces, and what went into them. */
export interface Bundle {
  /** CommonJS texts by name: each is compiled when something in it is first needed. */
  readonly pieces: ReadonlyMap<string, string>;
  /** The piece that starts. */
  readonly first: string;
  /** Source files, relative to the repository. */
  readonly inputs: readonly string[];
}

/** Puts the text of the style sheets where the panel reads their files. */
const styleSheets: Plugin = {
  name: 'style sheets',
  setup({ onLoad }) {
    onLoad({ filter: /[/]panel[/]src[/]style[.]ts$/ }, () => {
      const text = ['tokens.css', 'pages.css'].map((file) => readFileSync(join(PANEL, file), 'utf8')).join('');
      return { contents: `export const STYLE = ${JSON.stringify(text)};`, loader: 'js' };
    });
  },
};

/**
 * Bundles `src/main.ts`. What is imported later stays a piece of its own, with those that it shares with others: to compile everything
 * costs a quarter of a second at each start. Names are kept as they are, for the stacks in the journal. Rejects with esbuild's errors,
 * which name file and line.
 */
export async function bundlePrograms(): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(ROOT, 'cmd', 'vratny', 'src', 'main.ts')],
    absWorkingDir: ROOT,
    outdir: 'dist',
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: TARGET,
    minifySyntax: true,
    minifyWhitespace: true,
    // They are all in --licenses.
    legalComments: 'none',
    plugins: [styleSheets],
  });
  const pieces = new Map<string, string>();
  for (const { path, text } of outputFiles) pieces.set(basename(path), await toCommonJs(text));
  return { pieces, first: 'main.js', inputs: Object.keys(metafile.inputs) };
}

/** Node starts CommonJS alone out of an executable. */
async function toCommonJs(text: string): Promise<string> {
  const { code } = await transform(text, {
    format: 'cjs',
    // Becomes a promise of a require, which the executable has.
    supported: { 'dynamic-import': false },
    platform: 'node',
    target: TARGET,
    minifyWhitespace: true,
    // `installedWasm` is not called there: the executable has these files inside.
    logOverride: { 'empty-import-meta': 'silent' },
  });
  return code;
}

/** Where the files are that the executable carries beside its code. */
export function assetFiles(): Readonly<Record<'sevenZip' | 'unrar', string>> {
  const { resolve } = createRequire(join(ROOT, 'packages', 'archive', 'package.json'));
  return { sevenZip: resolve('7z-wasm/7zz.wasm'), unrar: join(dirname(resolve('node-unrar-js/package.json')), 'dist', 'js', 'unrar.wasm') };
}
