import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { StartProblem } from '@vratny/adapters';
import type { Flags } from './flags.ts';
import { READY_MS, STOP_MS } from './limits.ts';
import type { SiteText, ToPrimary, ToWorker } from './messages.ts';
import { programFile, WORKER_COMMAND } from './self.ts';
import type { TlsHandout } from './tls-keeper.ts';

/** A worker as the primary sees it. */
export interface WorkerProcess {
  readonly id: number;
  /** Why it ended. */
  readonly gone: Promise<string>;
  give(socket: Socket): void;
  /** Clients that it was given and did not get; to be asked for when it is gone. */
  undelivered(): ReadonlySet<Socket>;
  tellCrowded(ips: readonly string[]): void;
  tellTls(tls: TlsHandout): void;
  /** Finishes its messages and ends; resolves when it is gone. */
  drain(): Promise<void>;
  onClients(listener: (counts: readonly (readonly [ip: string, count: number])[]) => void): void;
}

/** Starts a worker; resolves when it serves. @throws StartProblem */
export async function startWorker(flags: Flags, site: SiteText, tls?: TlsHandout): Promise<WorkerProcess> {
  // Its own stdin and stdout: only the primary speaks there. The journal goes to stderr.
  const child = fork(programFile(), [WORKER_COMMAND], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const gone = new Promise<string>((resolve) => child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`)));
  await ready(child, gone, { kind: 'start', flags, site, ...(tls === undefined ? {} : { tls }) });
  // Sockets go one by one, each after the last was acknowledged; Node forgets those in the queue of a process that dies.
  const underWay = new Set<Socket>();
  return {
    id: child.pid ?? 0,
    gone,
    give(socket) {
      underWay.add(socket);
      // One that is just dying cannot be told; whoever sees its end takes the socket back.
      if (!child.connected) return;
      // Kept open until it was sent: what Node itself keeps of it is never closed when the worker dies, and its client would wait for ever.
      child.send({ kind: 'client' } satisfies ToWorker, socket, { keepOpen: true }, (error) => {
        if (error !== null) return;
        underWay.delete(socket);
        socket.destroy();
      });
    },
    undelivered: () => underWay,
    tellCrowded: (ips) => send(child, { kind: 'crowded', ips }),
    tellTls: (tls) => send(child, { kind: 'tls', tls }),
    async drain() {
      send(child, { kind: 'drain' });
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await gone;
      clearTimeout(timer);
    },
    onClients: (listener) =>
      child.on('message', (message: ToPrimary) => {
        if (message.kind === 'clients') listener(message.counts);
      }),
  };
}

async function ready(child: ChildProcess, gone: Promise<string>, start: ToWorker): Promise<void> {
  const answer = new Promise<void>((resolve, reject) => {
    child.on('message', (message: ToPrimary) => {
      if (message.kind === 'ready') resolve();
      if (message.kind === 'problem') reject(new StartProblem(message.lines.join('\n'), message.exitCode));
    });
    child.on('error', (error) => reject(new StartProblem(`a worker could not be started: ${error.message}`, 70)));
    void gone.then((why) => reject(new StartProblem(`a worker ended before it served (${why})`, 70)));
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
