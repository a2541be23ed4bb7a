/** `npm run build`: makes `dist/vratny`, one executable with all programs inside, and its bill of materials. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import manifest from '../package.json' with { type: 'json' };
import { assetFiles, bundlePrograms } from './bundle.ts';
import { billOfMaterials, componentsOf, licenseText } from './components.ts';

const USAGE = `Usage: npm run build [-- --out FOLDER]
Makes one executable of all programs, vratny, and its bill of materials, vratny.cdx.json (CycloneDX), in dist or FOLDER.
Two builds of one commit with the same Node are equal. Needs strip (Debian: binutils).
`;
const ROOT = join(import.meta.dirname, '..');
/** Of Node: where it looks for a program inside itself. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
/** Young objects of a process; the same for all programs, since the executable takes no options of Node. See limits.ts of cmd/mx. */
const SEMI_SPACE_MIB = 16;
const EXIT_USAGE = 64;
const EXIT_UNAVAILABLE = 69;

class Problem extends Error {
  override readonly name = 'Problem';
}

function run(program: string, args: readonly string[], cwd = ROOT): string {
  const { error, status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (error) throw new Problem(`${program}: ${error.message}${program === 'strip' ? ' (Debian: apt-get install binutils)' : ''}`);
  if (status !== 0) throw new Problem(`${program} ended with ${status}: ${stderr.trim().slice(-2_000)}`);
  return stdout.trim();
}

/** The commit, with a plus sign when the sources differ from it. A tree without git has none. */
function commit(): string {
  const hash = spawnSync('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: ROOT, encoding: 'utf8' });
  if (hash.status !== 0) return 'no commit';
  const changed = spawnSync('git', ['status', '--porcelain', '--untracked-files=no'], { cwd: ROOT, encoding: 'utf8' });
  return `${hash.stdout.trim()}${changed.stdout.trim() === '' ? '' : '+'}`;
}

async function makeExecutable(out: string, folder: string): Promise<void> {
  const say = (line: string) => void process.stderr.write(`build: ${line}\n`);
  say('bundling the programs ...');
  const { pieces, first, inputs } = await bundlePrograms();
  const files = assetFiles();
  const relative = Object.values(files).map((file) => file.slice(ROOT.length + 1));
  const components = componentsOf(ROOT, [...inputs, ...relative]);
  const at = (name: string) => join(folder, name);
  for (const [name, text] of pieces) writeFileSync(at(name), text);
  writeFileSync(at('start.cjs'), readFileSync(join(import.meta.dirname, 'start.cjs'), 'utf8').replace('FIRST', first));
  writeFileSync(at('commit'), commit());
  writeFileSync(at('licenses'), licenseText(readFileSync(join(ROOT, 'LICENSE'), 'utf8'), components));
  const config = {
    // Relative, since the executable keeps the path.
    main: 'start.cjs',
    output: 'blob',
    disableExperimentalSEAWarning: true,
    // A code cache differs from build to build.
    useCodeCache: false,
    // And nobody who may send it a signal gets a debugger.
    execArgv: [`--max-semi-space-size=${SEMI_SPACE_MIB}`, '--disable-sigusr1'],
    // NODE_OPTIONS of whoever starts it is not for this program.
    execArgvExtension: 'none',
    assets: {
      ...Object.fromEntries([...pieces.keys(), 'commit', 'licenses'].map((name) => [name, at(name)])),
      '7zz.wasm': files.sevenZip,
      'unrar.wasm': files.unrar,
    },
  };
  writeFileSync(at('sea.json'), JSON.stringify(config));
  say('putting them into a copy of Node ...');
  run(process.execPath, ['--experimental-sea-config', 'sea.json'], folder);
  copyFileSync(process.execPath, at('vratny'));
  chmodSync(at('vratny'), 0o755);
  run('strip', [at('vratny')]);
  // Its own process: it prints warnings about sections that strip has taken away.
  const postject = createRequire(import.meta.url).resolve('postject/dist/cli.js');
  run(process.execPath, [postject, at('vratny'), 'NODE_SEA_BLOB', at('blob'), '--sentinel-fuse', FUSE]);
  const version = run(at('vratny'), ['--version']);
  mkdirSync(out, { recursive: true });
  const executable = join(out, 'vratny');
  // Beside it first: an executable that runs cannot be written over, and a build that is interrupted leaves the old one.
  copyFileSync(at('vratny'), `${executable}.new`);
  renameSync(`${executable}.new`, executable);
  writeFileSync(join(out, 'vratny.cdx.json'), billOfMaterials(manifest.version, components));
  say(`${executable}: ${version}, ${Math.round(statSync(executable).size / 1e6)} MB, ${components.length} foreign packages inside`);
}

async function main(): Promise<number> {
  let flags: { out?: string | undefined; help?: boolean | undefined };
  try {
    flags = parseArgs({ options: { out: { type: 'string' }, help: { type: 'boolean', short: 'h' } } }).values;
  } catch (error) {
    process.stderr.write(`build: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return EXIT_USAGE;
  }
  if (flags.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), 'vratny-build-'));
  try {
    await makeExecutable(flags.out ?? join(ROOT, 'dist'), folder);
    return 0;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    process.stderr.write(`build: ${error.message}\n`);
    return EXIT_UNAVAILABLE;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
