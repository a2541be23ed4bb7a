import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Site } from '@vratny/config';
import type { UsageChange } from '@vratny/directory';
import type { Journal } from '@vratny/journal';
import { describeError } from '@vratny/text';
import { WRITER_AGAIN_MS, WRITER_END_MS } from './limits.ts';
import type { SiteText } from './messages.ts';
import { launchOf, nodeOptionsOf } from './self.ts';
import { readSiteText } from './site-text.ts';
import { createBoundedUsage } from './usage.ts';

/** What the process is told. */
export type ToWriter =
  /** The site file, and where workers send what the history is to keep. */
  | { readonly kind: 'start'; readonly site: SiteText; readonly socket: string }
  /** What workers stored. */
  | { readonly kind: 'usage'; readonly changes: readonly UsageChange[] }
  /** Write what waits, and end. */
  | { readonly kind: 'end' };

/** What it writes. */
export type WrittenPart = 'directory' | 'history' | 'register';

/** What the process says to the primary. */
export type FromWriter =
  | { readonly kind: 'fault'; readonly where: WrittenPart; readonly detail: string }
  | { readonly kind: 'copy-loading' | 'copy-loaded'; readonly detail: string };

/** The process that writes for all workers of the host: the local copy of the directory, the octets that mailboxes hold, and the history. */
export interface Writer {
  /** Where workers send what the history is to keep. */
  readonly socket: string;
  /** Begins, or goes on with another site file. */
  use(text: SiteText): void;
  /** Has it written what workers stored; starts the process when there is none yet. */
  noteUsage(changes: readonly UsageChange[]): void;
  /** Resolves when it has written what waits, or after some seconds. */
  stop(): Promise<void>;
}

/** Starts the process while the site has something for it to write, and again when it ends by itself. */
export function createWriter(journal: Journal): Writer {
  const folder = join(tmpdir(), `vratny-writer-${process.pid}-${randomUUID()}`);
  const socket = join(folder, 'history');
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  let child: ChildProcess | undefined;
  let again: NodeJS.Timeout | undefined;
  let site: SiteText | undefined;
  const usage = createBoundedUsage((detail) => journal.record({ kind: 'fault', where: 'register', detail }));
  let stopped = false;
  const sendUsage = createUsageSender(usage);
  const tell = (message: ToWriter): void => void (child?.connected === true && child.send(message));
  const end = async (): Promise<void> => {
    clearTimeout(again);
    again = undefined;
    const leaving = child;
    if (!usage.isEmpty()) tell({ kind: 'usage', changes: usage.take() });
    tell({ kind: 'end' });
    child = undefined;
    if (leaving !== undefined) await ended(leaving);
  };
  // No process and no folder are reasons to try again, and never to end the host.
  const start = (text: SiteText): void => {
    try {
      startNow(text);
    } catch (error) {
      startLater(text, `the process that writes for the workers: ${describeError(error)}`);
    }
  };
  const startLater = (text: SiteText, detail: string): void => {
    journal.record({ kind: 'fault', where: 'writer', detail });
    child = undefined;
    clearTimeout(again);
    again = setTimeout(() => start(text), WRITER_AGAIN_MS).unref();
  };
  const startNow = (text: SiteText): void => {
    const mine = forkWriter(folder, socket);
    child = mine;
    mine.on('message', (message: FromWriter) => {
      if (message.kind === 'fault') journal.record(message);
      else journal.record({ kind: 'process', what: message.kind, detail: message.detail });
    });
    // One that could not be started has no end of its own; one that cannot be told anything is ended.
    mine.on('error', (error) => {
      mine.kill('SIGKILL');
      if (child === mine) startLater(text, `the process that writes for the workers: ${error.message}`);
    });
    mine.once('exit', (code, signal) => {
      if (child === mine) startLater(text, `the process that writes for the workers ended (${signal ?? `exit code ${code}`})`);
    });
    tell({ kind: 'start', site: text, socket });
    sendUsage(mine);
  };
  return {
    socket,
    use: (text) => {
      void end();
      site = text;
      if (writes(readSiteText(text)) || !usage.isEmpty()) start(text);
    },
    noteUsage: (changes) => {
      usage.merge(changes);
      if (child !== undefined) sendUsage(child);
      else if (again === undefined && site !== undefined && !stopped) start(site);
    },
    stop: () => {
      stopped = true;
      return end();
    },
  };
}

/** Hands octets over one batch after the other: what a process that hangs does not take waits here, where it is bounded. */
function createUsageSender(usage: ReturnType<typeof createBoundedUsage>): (child: ChildProcess) => void {
  const busy = new WeakSet<ChildProcess>();
  const send = (child: ChildProcess): void => {
    if (busy.has(child) || !child.connected || usage.isEmpty()) return;
    busy.add(child);
    child.send({ kind: 'usage', changes: usage.take() } satisfies ToWriter, () => {
      busy.delete(child);
      send(child);
    });
  };
  return send;
}

function forkWriter(folder: string, socket: string): ChildProcess {
  const [file, ...words] = launchOf('writer');
  // Nobody but the user of mx may send anything there.
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  rmSync(socket, { force: true });
  return fork(file, words, { execArgv: [...nodeOptionsOf()], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

/** Waits for a process that was told to end; one that does not is killed. */
async function ended(leaving: ChildProcess): Promise<void> {
  leaving
    .removeAllListeners('exit')
    .removeAllListeners('error')
    .on('error', () => undefined);
  if (leaving.exitCode !== null || leaving.signalCode !== null) return;
  const tooLong = setTimeout(() => leaving.kill('SIGKILL'), WRITER_END_MS);
  await once(leaving, 'exit').catch(() => undefined);
  clearTimeout(tooLong);
}

function writes({ directory, history }: Site): boolean {
  return history !== undefined || (directory.kind !== 'sqlite' && directory.copy !== undefined);
}
