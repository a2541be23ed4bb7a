// Prepares a fresh checkout: packages of the lockfile, with the Node that runs them.
// Plain JavaScript without dependencies, because it runs before anything is installed, on whatever Node is there.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PNPM = '12.21.0';
const OLDEST_NODE = 24;

const root = dirname(fileURLToPath(import.meta.url));
const stampFile = join(root, 'node_modules', '.vratny-lockfile');
const say = (text) => process.stderr.write(`set-up: ${text}\n`);

/** What an install depends on: the lockfile and this file's own pins. */
function stampNow() {
  const hash = createHash('sha256').update(PNPM);
  for (const name of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']) hash.update(readFileSync(join(root, name)));
  return hash.digest('hex');
}

function installPackages() {
  const stamp = stampNow();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  say(`installing the packages of pnpm-lock.yaml with pnpm ${PNPM} (about ten seconds) ...`);
  const args = ['-y', `pnpm@${PNPM}`, 'install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=error'];
  const run = spawnSync('npx', args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (run.error || run.status !== 0)
    fail(`pnpm could not install the packages (${run.error?.message ?? `exit code ${run.status}`}); is the npm registry reachable?`);
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, stamp);
}

function checkNode() {
  const node = join(root, 'node_modules', '.bin', 'node');
  const version = spawnSync(existsSync(node) ? node : 'node', ['--version'], { encoding: 'utf8' }).stdout?.trim() ?? '';
  const major = Number(/^v(\d+)/.exec(version)?.[1] ?? 0);
  if (major < OLDEST_NODE) {
    fail(
      `Vratny needs Node ${OLDEST_NODE} or newer and found ${version || 'none'}; no build of it comes with the packages for ${process.platform}-${process.arch}, please install one`,
    );
  }
}

function fail(reason) {
  say(reason);
  process.exit(1);
}

installPackages();
checkNode();
