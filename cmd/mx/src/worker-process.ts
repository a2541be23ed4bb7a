import { type ChildProcess, fork } from 'node:child_process';
import { StartProblem } from '@vratny/adapters';
import { onAbort } from '@vratny/waiting';
import { launchWithoutCapabilities } from './capabilities.ts';
import type { Flags } from './flags.ts';
import { READY_MS, STOP_MS, YOUNG_SEMI_SPACE_MIB } from './limits.ts';
import type { Deaths, SiteText, ToPrimary, ToWorker } from './messages.ts';
import { launchOf } from './self.ts';
import type { TlsHandout } from './tls-keeper.ts';
import { openActivityFile, type Underway } from './watch/activity-file.ts';

/** What a worker is started with. */
export interface WorkerStart {
  readonly flags: Flags;
  readonly site: SiteText;
  readonly deaths: Deaths;
  readonly tls: TlsHandout | undefined;
  /** Bound sockets on which it listens. */
  readonly sockets: readonly number[];
  /** Everything that it says. It accepts clients a moment before it says that it serves, and may ask for their places by then. */
  readonly hear: (worker: WorkerProcess, message: ToPrimary) => void;
}

/** A worker as the primary sees it. */
export interface WorkerProcess {
  readonly id: number;
  /** Why it ended, and the messages that it was at. */
  readonly gone: Promise<{ readonly why: string; readonly underway: readonly Underway[] }>;
  tell(message: ToWorker): void;
  /** The messages that it is at. */
  underway(): readonly Underway[];
  /** Finishes its messages and ends; resolves when it is gone. */
  drain(): Promise<void>;
  kill(): void;
}

/** Starts a worker; resolves when it serves. Ended by the signal, it is killed. @throws StartProblem */
export async function startWorker(start: WorkerStart, signal: AbortSignal): Promise<WorkerProcess> {
  const activity = openActivityFile();
  const child = forkWorker(start.sockets, activity.descriptor);
  const gone = new Promise<Awaited<WorkerProcess['gone']>>((resolve) => {
    child.once('exit', (code, ended) => {
      const underway = activity.read();
      activity.close();
      resolve({ why: ended ?? `exit code ${code}`, underway });
    });
  });
  const id = child.pid ?? 0;
  const kill = () => void child.kill('SIGKILL');
  const worker: WorkerProcess = {
    id,
    gone,
    kill,
    tell: (message) => send(child, message),
    underway: () => activity.read(),
    async drain() {
      send(child, { kind: 'drain' });
      const timer = setTimeout(kill, STOP_MS);
      await gone;
      clearTimeout(timer);
    },
  };
  child.on('message', (message: ToPrimary) => start.hear(worker, message));
  const stopListening = onAbort(signal, kill);
  try {
    const { flags, site, deaths, tls } = start;
    await ready(child, gone, { kind: 'start', flags, site, deaths, ...(tls === undefined ? {} : { tls }) });
  } finally {
    stopListening();
  }
  return worker;
}

function forkWorker(sockets: readonly number[], activity: number): ChildProcess {
  // First, so that whoever starts mx with a size of his own keeps it.
  const young = `--max-semi-space-size=${YOUNG_SEMI_SPACE_MIB}`;
  const node = { execPath: process.execPath, execArgv: [young, ...process.execArgv] };
  const launch = launchWithoutCapabilities(node);
  // Told at the start of the host; a host that cannot take them away goes on as it was started.
  const { execPath, execArgv } = launch === 'cannot' ? node : launch;
  // Its own stdin and stdout: only the primary speaks there. The journal goes to stderr. The descriptors are where self.ts says.
  const [file, ...words] = launchOf('worker', String(sockets.length));
  return fork(file, words, {
    execPath,
    execArgv: [...execArgv],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc', activity, ...sockets],
  });
}

async function ready(child: ChildProcess, gone: WorkerProcess['gone'], start: ToWorker): Promise<void> {
  const answer = new Promise<void>((resolve, reject) => {
    child.on('message', (message: ToPrimary) => {
      if (message.kind === 'ready') resolve();
      if (message.kind === 'problem') reject(new StartProblem(message.lines.join('\n'), message.exitCode));
    });
    child.on('error', (error) => reject(new StartProblem(`a worker could not be started: ${error.message}`, 70)));
    void gone.then(({ why }) => reject(new StartProblem(`a worker ended before it served (${why})`, 70)));
    setTimeout(() => reject(new StartProblem(`a worker was not ready within ${READY_MS / 1000} s`, 75)), READY_MS).unref();
  });
  send(child, start);
  try {
    await answer;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

/** A worker that is just dying cannot be told; its exit says the rest. */
function send(child: ChildProcess, message: ToWorker): void {
  if (child.connected) child.send(message, () => undefined);
}
