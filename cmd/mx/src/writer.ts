import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Site } from '@vratny/config';
import type { Journal } from '@vratny/journal';
import { WRITER_AGAIN_MS } from './limits.ts';
import type { SiteText } from './messages.ts';
import { launchOf } from './self.ts';
import { readSiteText } from './site-text.ts';

/** What the process is told: the site file, and where workers send what the history is to keep. */
export interface ToWriter {
  readonly site: SiteText;
  readonly socket: string;
}

/** What the process says to the primary. */
export type FromWriter =
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
