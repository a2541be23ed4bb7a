import { explainFailure, journalAtLevel, openJournal } from '@vratny/adapters';
import type { Journal } from '@vratny/journal';
import type { Dropped } from '@vratny/journal/history/queue';
import { createMxServer } from '@vratny/receiving';
import type { SmtpServer } from '@vratny/server';
import { describeBug } from '@vratny/text';
import { acceptClients } from './accept.ts';
import { assemble } from './assemble.ts';
import { linkHistory } from './history-socket.ts';
import { BACKLOG, BEAT_MS } from './limits.ts';
import type { Deaths, ToPrimary, ToWorker } from './messages.ts';
import { partOf } from './self.ts';
import { limitsOfHost } from './shares/limits-of-host.ts';
import { WorkerShare } from './shares/worker-share.ts';
import { onSignal } from './signals.ts';
import { readSiteText } from './site-text.ts';
import { tlsSettings } from './tls-keeper.ts';
import { createActivity } from './watch/activity-file.ts';

/** Where a worker finds the file in which it notes its messages: behind standard input and outputs, and the channel to the primary. */
const ACTIVITY_DESCRIPTOR = 4;

/** Where a worker finds the sockets on which it listens, by the number of them that its argument says. */
function socketDescriptors(argv: readonly string[]): readonly number[] {
  if (partOf(argv) !== 'worker') return [];
  return Array.from({ length: Number(argv[1] ?? 0) }, (_, i) => ACTIVITY_DESCRIPTOR + 1 + i);
}

interface WorkerState {
  /** By digest. */
  deaths: ReadonlyMap<string, number>;
  share: WorkerShare | undefined;
  serving: { readonly server: SmtpServer; close(): Promise<void> } | undefined;
  stopping: boolean;
}

/** Serves clients that it accepts on the primary's sockets. */
export function runWorker(): void {
  const journal = openJournal({ stream: process.stderr, now: () => new Date() });
  const activity = createActivity(ACTIVITY_DESCRIPTOR);
  const state: WorkerState = { deaths: new Map(), share: undefined, serving: undefined, stopping: false };
  process.on('message', (message: ToWorker) => {
    switch (message.kind) {
      case 'start':
        state.deaths = new Map(message.deaths);
        serve(message, { state, activity, journal: tellFaults(journal) }).catch((error: unknown) => giveUp(error));
        return;
      case 'drain':
        void stop(state, 0);
        return;
      case 'tls':
        // Nothing is lost when there is no server yet: the primary tells it again.
        state.serving?.server.renewCertificate(tlsSettings(message.tls));
        return;
      case 'granted':
        state.share?.granted(message.amounts);
        return;
      case 'deaths':
        state.deaths = new Map(message.deaths satisfies Deaths);
        return;
    }
  });
  // The primary is gone: finish what runs, take nothing new.
  process.on('disconnect', () => void stop(state, 0));
  // Signals reach the whole group at a terminal; the primary says what they mean.
  onSignal(() => undefined);
  const crash = (error: unknown) => {
    // What is noted now is what it may have died of.
    activity.freeze();
    journal.record({ kind: 'fault', where: 'worker', detail: stackOf(error) });
    void stop(state, 1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}

interface Serving {
  readonly state: WorkerState;
  readonly activity: ReturnType<typeof createActivity>;
  readonly journal: Journal;
}

async function serve(
  { flags, site: text, tls, historySocket }: Extract<ToWorker, { kind: 'start' }>,
  { state, activity, journal: whole }: Serving,
): Promise<void> {
  const site = readSiteText(text);
  const plain = journalAtLevel(whole, site);
  const onDropped = (dropped: Dropped) => tell({ kind: 'dropped', dropped });
  const link = site.history === undefined ? undefined : linkHistory(plain, { path: historySocket, now: () => new Date(), onDropped });
  const journal = link?.journal ?? plain;
  const share = new WorkerShare(limitsOfHost(site, flags.workers), tell);
  state.share = share;
  const assembly = await assemble(site, {
    flags,
    journal,
    tls: tls === undefined ? undefined : tlsSettings(tls),
    share,
    activity,
    deathsOf: (sha256) => state.deaths.get(sha256) ?? 0,
    // A worker that crashed finishes its messages, and one of them it crashed over.
    onCleared: (sha256) => {
      if (!state.stopping) tell({ kind: 'cleared', sha256 });
    },
    tellUsage: (changes) => tell({ kind: 'usage', changes }),
    askForLook: (domain) => tell({ kind: 'look', domain }),
  });
  const server = createMxServer(assembly.options);
  const listening = socketDescriptors(process.argv.slice(2)).map((fd) => ({ fd, backlog: BACKLOG }));
  // They stay open with the primary when this process ends.
  const sockets = await Promise.all(
    listening.map((at) => acceptClients(at, server, { pauseOnConnect: true, allowHalfOpen: true }, journal)),
  );
  const beating = setInterval(() => tell({ kind: 'beat' }), BEAT_MS);
  const close = async () => {
    for (const socket of sockets) socket.close();
    await server.drain();
    clearInterval(beating);
    await assembly.close();
    await link?.close();
  };
  state.serving = { server, close };
  tell({ kind: 'ready', scanners: assembly.scanners });
}

/** Faults go to the primary, which counts what all workers see as one; everything else is written here. */
function tellFaults(journal: Journal): Journal {
  return {
    record(event) {
      if (event.kind === 'fault' && process.connected) tell({ kind: 'fault', fault: event });
      else journal.record(event);
    },
    close: () => journal.close(),
  };
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
  return describeBug(error);
}
