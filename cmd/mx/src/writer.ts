import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCopySource, openHistory } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import { keepCopy } from '@vratny/directory/adopted';
import type { Journal } from '@vratny/journal';
import { dayOf, type History } from '@vratny/journal/history';
import { describeError } from '@vratny/text';
import { serveHistory } from './history-socket.ts';
import { DAY_MS, HISTORY_COUNTS_DAYS, HISTORY_EXPIRE_MS, WRITER_AGAIN_MS } from './limits.ts';
import type { SiteText } from './messages.ts';
import { launchOf } from './self.ts';
import { readSiteText } from './site-text.ts';

/** What the process is told: the site file, and where workers send what the history is to keep. */
interface ToWriter {
  readonly site: SiteText;
  readonly socket: string;
}

/** What the process says to the primary. */
type FromWriter =
  | { readonly kind: 'fault'; readonly where: 'directory' | 'history'; readonly detail: string }
  | { readonly kind: 'loaded'; readonly detail: string };

/** The process that writes for all workers of the host: the local copy of the directory, and the history. */
export interface Writer {
  /** Where workers send what the history is to keep. */
  readonly socket: string;
  /** Begins, or goes on with another site file. */
  use(text: SiteText): void;
  stop(): void;
}

/** Starts the process while the site has something for it to write, and again when it ends by itself. */
export function createWriter(journal: Journal): Writer {
  const folder = join(tmpdir(), `vratny-writer-${process.pid}-${randomUUID()}`);
  const socket = join(folder, 'history');
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  let child: ChildProcess | undefined;
  let again: NodeJS.Timeout | undefined;
  const end = (): void => {
    clearTimeout(again);
    child
      ?.removeAllListeners('exit')
      .removeAllListeners('error')
      .on('error', () => undefined);
    child?.kill('SIGTERM');
    child = undefined;
  };
  const use = (text: SiteText): void => {
    end();
    if (!writes(readSiteText(text))) return;
    const [file, ...words] = launchOf('writer');
    // Nobody but the user of mx may send anything there.
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    rmSync(socket, { force: true });
    child = fork(file, words, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child.on('message', (message: FromWriter) => {
      if (message.kind === 'fault') journal.record(message);
      else journal.record({ kind: 'process', what: 'copy-loaded', detail: message.detail });
    });
    const startLater = (detail: string): void => {
      journal.record({ kind: 'fault', where: 'writer', detail });
      clearTimeout(again);
      again = setTimeout(() => use(text), WRITER_AGAIN_MS).unref();
    };
    // One that could not be started has no end of its own.
    child.on('error', (error) => startLater(`the process that writes for the workers: ${error.message}`));
    child.once('exit', (code, signal) => startLater(`the process that writes for the workers ended (${signal ?? `exit code ${code}`})`));
    child.send({ site: text, socket } satisfies ToWriter);
  };
  return { socket, use, stop: end };
}

function writes({ directory, history }: Site): boolean {
  return history !== undefined || (directory.kind !== 'sqlite' && directory.copy !== undefined);
}

/** Writes until the primary is gone, or ends it. */
export function runWriter(): void {
  const end = (): void => process.exit(0);
  process.on('disconnect', end);
  process.on('SIGTERM', end);
  // At a terminal it reaches the whole group; the primary says what it means.
  process.on('SIGINT', () => undefined);
  process.once('message', ({ site: text, socket }: ToWriter) => {
    const site = readSiteText(text);
    keepCopyOf(site).catch((error: unknown) => giveUp('directory', error));
    keepHistoryOf(site, socket).catch((error: unknown) => giveUp('history', error));
  });
}

function tell(message: FromWriter): void {
  if (process.connected) process.send?.(message);
}

function giveUp(where: 'directory' | 'history', error: unknown): void {
  tell({ kind: 'fault', where, detail: describeError(error) });
  process.exit(1);
}

async function keepCopyOf(site: Site): Promise<void> {
  const part = openCopySource(site);
  if (part === undefined) return;
  let told = -1;
  await keepCopy({
    ...part,
    now: () => new Date(),
    signal: new AbortController().signal,
    onTrouble: (detail) => tell({ kind: 'fault', where: 'directory', detail }),
    onLoad: ({ domains, addresses }) => {
      // The first, and those that differ: one a minute would say nothing.
      if (told !== domains + addresses) tell({ kind: 'loaded', detail: `${domains} domains, ${addresses} rows of addresses` });
      told = domains + addresses;
    },
  });
}

async function keepHistoryOf({ history: settings }: Site, socket: string): Promise<void> {
  if (settings === undefined) return;
  const history = openHistory(settings);
  const onFault = (detail: string) => tell({ kind: 'fault', where: 'history', detail });
  await serveHistory({ path: socket, history, onFault });
  expire(history, settings.days, onFault);
  setInterval(() => expire(history, settings.days, onFault), HISTORY_EXPIRE_MS);
}

function expire(history: History, days: number, onFault: (detail: string) => void): void {
  const ago = (count: number) => dayOf(new Date(Date.now() - count * DAY_MS));
  history
    .expire({ entriesFrom: ago(days), countsFrom: ago(HISTORY_COUNTS_DAYS) })
    .catch((error: unknown) => onFault(`old days were not removed: ${describeError(error)}`));
}
