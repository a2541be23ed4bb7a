import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningProgram, startProgram } from '@vratny/daemons';
import { ROOT } from '@vratny/support/mx';
import { childrenOf } from '@vratny/support/process-state';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { waitFor } from '@vratny/support/wait-for';

/** A machine with a systemd of its own: files of this one under a layer that is thrown away, and no network but its own loopback. */
export interface Machine extends AsyncDisposable {
  /** Runs a shell script as root in it, with `set -e`. */
  run(script: string): Promise<Outcome>;
  /** The same, for one that must succeed; returns what it wrote. */
  do(script: string): Promise<string>;
  /** The same, until it succeeds. */
  until(what: string, script: string): Promise<string>;
  /** Writes a file in it. */
  write(path: string, text: string): Promise<void>;
}

/** How a script ended. */
export interface Outcome {
  readonly code: number | NodeJS.Signals | undefined;
  /** Standard output and error, in the order in which each was written. */
  readonly output: string;
}

/** A script, or a condition in there: several programs one after the other, on a machine that is busy. */
const INSIDE_MS = 120_000;
/** What is waited for may be a message whose worker was killed in the middle: nobody else may try it for 126 s (its lease). */
const UNTIL_MS = 200_000;

/** A target that starts nothing but systemd itself: daemons of this machine stay off. */
const TARGET = `[Unit]
Description=What a test starts
Requires=basic.target
After=basic.target
AllowIsolate=yes
`;

const BOOT = `
layer=$1 checkout=$2 target=$3
mount -t tmpfs vratny-test "$layer"
mkdir "$layer/upper" "$layer/work" "$layer/root"
mount -t overlay vratny-test -o "lowerdir=/,upperdir=$layer/upper,workdir=$layer/work" "$layer/root"
exec systemd-nspawn --quiet --register=no --keep-unit --link-journal=no --private-network --console=pipe --directory="$layer/root" \\
  --bind-ro="$checkout:/opt/vratny" --bind-ro="$target:/etc/systemd/system/vratny-test.target" --boot systemd.unit=vratny-test.target
`;

/** Boots one; undefined where this machine does not allow that (not root, no mounts, no control groups). */
export async function bootMachine(): Promise<Machine | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  await using stack = new AsyncDisposableStack();
  const folder = stack.adopt(makeTemporaryFolder('machine'), (one) => one.remove());
  const layer = join(folder.path, 'layer');
  mkdirSync(layer);
  const target = join(folder.path, 'vratny-test.target');
  writeFileSync(target, TARGET);
  const args = ['--mount', '--propagation', 'private', 'sh', '-ec', BOOT, 'sh', layer, ROOT, target];
  const program = stack.adopt(startProgram('unshare', args), halt);
  const inside = (script: string) => runInside(initOf(program.pid) ?? 0, script);
  const up = await waitFor('systemd is up', async () => {
    if (program.ending() !== undefined) return { running: false };
    if (initOf(program.pid) === undefined) return undefined;
    const { output } = await inside('systemctl is-system-running');
    return /^(?:running|degraded)$/mu.test(output) ? { running: true } : undefined;
  });
  if (!up.running) return undefined;
  const until = (what: string, script: string) => {
    let last = '';
    const look = async () => {
      const { code, output } = await inside(script);
      last = output;
      return code === 0 ? output : undefined;
    };
    return waitFor(what, look, { deadlineMs: UNTIL_MS, explain: () => last });
  };
  const doIt = async (script: string) => {
    const { code, output } = await inside(script);
    if (code !== 0) throw new Error(`${script}\nended with ${code}: ${output}`);
    return output;
  };
  const write = async (path: string, text: string) => void (await doIt(`cat > ${path} <<'END OF FILE'\n${text}\nEND OF FILE`));
  const owned = stack.move();
  return { run: inside, do: doIt, until, write, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The process that is number 1 in there. */
function initOf(pid: number): number | undefined {
  for (const child of childrenOf(pid)) {
    const numbers = /^NSpid:\s+([\d\s]+)$/mu.exec(readStatus(child))?.[1]?.trim().split(/\s+/u) ?? [];
    const found = numbers.length > 1 && numbers.at(-1) === '1' ? child : initOf(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

/** What is on the path of this repository's own shell is not there for an operator. */
function operatorsPath(): string {
  const own = (process.env['PATH'] ?? '').split(':').filter((folder) => !folder.startsWith(ROOT));
  return [...new Set([...own, '/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'])].join(':');
}

async function runInside(init: number, script: string): Promise<Outcome> {
  const enter = [
    '--target',
    String(init),
    '--all',
    'env',
    '-i',
    `PATH=${operatorsPath()}`,
    'HOME=/root',
    'sh',
    '-ec',
    'exec 2>&1\ncd /root\n',
  ];
  const program = startProgram('nsenter', [...enter.slice(0, -1), `${enter.at(-1)}${script}`]);
  const timer = setTimeout(() => void program.stop(), INSIDE_MS);
  await program.ended.finally(() => clearTimeout(timer));
  return { code: program.ending(), output: program.stdout() };
}

async function halt(program: RunningProgram): Promise<void> {
  const init = program.ending() === undefined ? initOf(program.pid) : undefined;
  // Everything in its process namespace ends with number 1.
  if (init !== undefined) process.kill(init, 'SIGKILL');
  await program.stop();
}
