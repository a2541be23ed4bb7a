import type { Socket } from 'node:net';
import { explainFailure, openJournal } from '@vratny/adapters';
import { type ClientServer, takeClients } from '@vratny/server';
import { assemble } from './assemble.ts';
import { REPORT_MS } from './limits.ts';
import type { ToPrimary, ToWorker } from './messages.ts';
import { tlsSettings } from './tls-keeper.ts';

/** Serves clients that the primary hands over. */
export function runWorker(): void {
  const journal = openJournal({ stream: process.stderr, now: () => new Date() });
  const state: WorkerState = { crowded: new Set(), serving: undefined, stopping: false };
  process.on('message', (message: ToWorker, socket?: Socket) => {
    switch (message.kind) {
      case 'start':
        serve(message, state).catch((error: unknown) => giveUp(error));
        return;
      case 'client':
        // The socket is not there when the client left on the way.
        if (socket && state.serving) state.serving.server.take(socket);
        else socket?.destroy();
        return;
      case 'drain':
        void stop(state, 0);
        return;
      case 'tls':
        // Nothing is lost when there is no server yet: the primary tells it again.
        state.serving?.server.renewTls(tlsSettings(message.tls));
        return;
      case 'crowded':
        state.crowded = new Set(message.ips);
        return;
    }
  });
  // The primary is gone: finish what runs, take nothing new.
  process.on('disconnect', () => void stop(state, 0));
  // Signals reach the whole group at a terminal; the primary says what they mean.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const crash = (error: unknown) => {
    journal.record({ kind: 'fault', where: 'worker', detail: stackOf(error) });
    void stop(state, 1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}

interface WorkerState {
  crowded: ReadonlySet<string>;
  serving: { readonly server: ClientServer; close(): Promise<void> } | undefined;
  stopping: boolean;
}

async function serve({ flags, site, tls }: Extract<ToWorker, { kind: 'start' }>, state: WorkerState): Promise<void> {
  const settings = tls === undefined ? undefined : tlsSettings(tls);
  const assembly = await assemble(site, flags, settings, (ip) => state.crowded.has(ip));
  const server = takeClients(assembly.options);
  const reporting = reportClients(server);
  const close = async () => {
    await server.drain();
    clearInterval(reporting);
    await assembly.close();
  };
  state.serving = { server, close };
  tell({ kind: 'ready' });
}

function reportClients(server: ClientServer): NodeJS.Timeout {
  let reported = '[]';
  return setInterval(() => {
    const counts = [...server.clients.perIp];
    const now = JSON.stringify(counts);
    if (now === reported) return;
    reported = now;
    tell({ kind: 'clients', counts });
  }, REPORT_MS).unref();
}

function tell(message: ToPrimary): void {
  if (process.connected) process.send?.(message);
}

function giveUp(error: unknown): void {
  const failure = explainFailure(error) ?? { lines: [stackOf(error)], exitCode: 70 };
  const message: ToPrimary = { kind: 'problem', ...failure };
  if (process.connected && process.send) process.send(message, () => process.exit(1));
  else process.exit(1);
}

async function stop(state: WorkerState, exitCode: number): Promise<void> {
  if (state.stopping) return;
  state.stopping = true;
  try {
    await state.serving?.close();
  } finally {
    process.exit(exitCode);
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
