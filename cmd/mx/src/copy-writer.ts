import { type ChildProcess, fork } from 'node:child_process';
import { openCopySource } from '@vratny/adapters';
import { keepCopy } from '@vratny/directory/adopted';
import type { Journal } from '@vratny/journal';
import { describeError } from '@vratny/text';
import { COPY_WRITER_AGAIN_MS } from './limits.ts';
import type { SiteText } from './messages.ts';
import { launchOf } from './self.ts';
import { readSiteText } from './site-text.ts';

/** What the process says to the primary. */
type FromCopyWriter = { readonly kind: 'fault'; readonly detail: string } | { readonly kind: 'loaded'; readonly detail: string };

/** The process that keeps the local copy of the directory, for all workers of the host. */
export interface CopyWriter {
  /** Begins, or goes on with another site file. */
  use(text: SiteText): void;
  stop(): void;
}

/** Starts a process while the site has a copy, and again when it ends by itself. */
export function createCopyWriter(journal: Journal): CopyWriter {
  let child: ChildProcess | undefined;
  let again: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearTimeout(again);
    child?.removeAllListeners('exit');
    child?.kill('SIGTERM');
    child = undefined;
  };
  const use = (text: SiteText): void => {
    stop();
    const { directory } = readSiteText(text);
    if (directory.kind !== 'adopted' || directory.copy === undefined) return;
    const [file, ...words] = launchOf('copy-writer');
    child = fork(file, words, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child.on('message', (message: FromCopyWriter) => {
      if (message.kind === 'fault') journal.record({ kind: 'fault', where: 'directory', detail: message.detail });
      else journal.record({ kind: 'process', what: 'copy-loaded', detail: message.detail });
    });
    child.on('error', () => undefined);
    child.once('exit', (code, signal) => {
      journal.record({
        kind: 'fault',
        where: 'directory',
        detail: `the process that keeps the copy ended (${signal ?? `exit code ${code}`})`,
      });
      again = setTimeout(() => use(text), COPY_WRITER_AGAIN_MS).unref();
    });
    child.send(text);
  };
  return { use, stop };
}

/** Keeps the copy until the primary is gone, or ends it. */
export function runCopyWriter(): void {
  const ending = new AbortController();
  const end = (): void => process.exit(0);
  process.on('disconnect', end);
  process.on('SIGTERM', end);
  // At a terminal it reaches the whole group; the primary says what it means.
  process.on('SIGINT', () => undefined);
  const tell = (message: FromCopyWriter): void => {
    if (process.connected) process.send?.(message);
  };
  process.once('message', (text: SiteText) => {
    const part = openCopySource(readSiteText(text));
    if (part === undefined) return end();
    let told = -1;
    keepCopy({
      ...part,
      now: () => new Date(),
      signal: ending.signal,
      onTrouble: (detail) => tell({ kind: 'fault', detail }),
      onLoad: ({ domains, addresses }) => {
        // The first, and those that differ: one a minute would say nothing.
        if (told !== domains + addresses) tell({ kind: 'loaded', detail: `${domains} domains, ${addresses} rows of addresses` });
        told = domains + addresses;
      },
    }).catch((error: unknown) => {
      tell({ kind: 'fault', detail: describeError(error) });
      process.exit(1);
    });
  });
}
