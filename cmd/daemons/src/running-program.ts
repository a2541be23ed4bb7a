import { type ChildProcess, spawn } from 'node:child_process';
import { OUTPUT_MAX, STOP_MS } from './limits.ts';

/** A child process whose output is kept. */
export interface RunningProgram {
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Its exit code, or the signal that ended it; undefined while it runs. */
  readonly ending: () => number | NodeJS.Signals | undefined;
  /** Resolves when it has ended; what it started may still run and hold its output open. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** Resolves when it has ended and all of its output was read. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** SIGTERM, and SIGKILL to it and what it started when that does not help. */
  readonly stop: () => Promise<number | NodeJS.Signals>;
}

/** Starts a program in a process group of its own, so that stopping it stops its workers too. */
export function startProgram(command: string, args: readonly string[], options: { readonly cwd?: string } = {}): RunningProgram {
  const child = spawn(command, args, { cwd: options.cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${command}`);
  const stdout = keep(child.stdout);
  const stderr = keep(child.stderr);
  let ending: number | NodeJS.Signals | undefined;
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => {
      ending = code ?? signal ?? 'SIGKILL';
      resolve(ending);
    });
  });
  const exited = new Promise<number | NodeJS.Signals>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'SIGKILL')),
  );
  const stop = async () => {
    const running = child.exitCode === null && child.signalCode === null;
    if (running) child.kill('SIGTERM');
    // Of one that is gone only what it started is left: that gets no time.
    const timer = setTimeout(() => killGroup(pid), running ? STOP_MS : 0);
    const result = await ended.finally(() => clearTimeout(timer));
    // Workers that outlived their parent would keep ports and pipes.
    killGroup(pid);
    return result;
  };
  return { pid, stdout, stderr, ending: () => ending, exited, ended, signal: (signal) => void child.kill(signal), stop };
}

function keep(stream: ChildProcess['stdout']): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    if (text.length < OUTPUT_MAX) text += chunk;
  });
  return () => text;
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
}
