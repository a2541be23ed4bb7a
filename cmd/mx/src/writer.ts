import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Site } from '@vratny/config';
import type { UsageChange } from '@vratny/directory';
import type { Journal } from '@vratny/journal';
import type { DomainName } from '@vratny/smtp';
import { describeError } from '@vratny/text';
import { launchWithoutCapabilities } from './capabilities.ts';
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
  /** Look whether the world has left the hosts of earlier policies of a domain, and write it down. */
  | { readonly kind: 'look'; readonly domain: DomainName }
  /** Write what waits, and end. */
  | { readonly kind: 'end' };

/** What it writes. */
export type WrittenPart = 'directory' | 'history' | 'register' | 'dns';

/** What the process says to the primary. */
export type FromWriter =
  | { readonly kind: 'fault'; readonly where: WrittenPart; readonly detail: string }
  | { readonly kind: 'copy-loading' | 'copy-loaded'; readonly detail: string };

/** The process that writes for all workers of the host: the local copy of the directory, the octets that mailboxes hold, the history, and what DNS says of moved domains. */
export interface Writer {
  /** Where workers send what the history is to keep. */
  readonly socket: string;
  /** Begins, or goes on with another site file. */
  use(text: SiteText): void;
  /** Has it written what workers stored; starts the process when there is none yet. */
  noteUsage(changes: readonly UsageChange[]): void;
  /** Has it look at the DNS of a domain; starts the process when there is none yet. */
  look(domain: DomainName): void;
  /** Resolves when it has written what waits, or after some seconds. */
  stop(): Promise<void>;
}

class RunningWriter {
  readonly socket: string;
  readonly #journal: Journal;
  readonly #folder = join(tmpdir(), `vratny-writer-${process.pid}-${randomUUID()}`);
  readonly #usage: ReturnType<typeof createBoundedUsage>;
  readonly #sendUsage: (child: ChildProcess) => void;
  #child: ChildProcess | undefined;
  #again: NodeJS.Timeout | undefined;
  #site: SiteText | undefined;
  #stopped = false;

  constructor(journal: Journal) {
    this.#journal = journal;
    this.socket = join(this.#folder, 'history');
    this.#usage = createBoundedUsage((detail) => journal.record({ kind: 'fault', where: 'register', detail }));
    this.#sendUsage = createUsageSender(this.#usage);
    process.once('exit', () => rmSync(this.#folder, { recursive: true, force: true }));
  }

  use(site: SiteText): void {
    void this.#end();
    this.#site = site;
    if (writes(readSiteText(site)) || !this.#usage.isEmpty()) this.#start(site);
  }

  noteUsage(changes: readonly UsageChange[]): void {
    this.#usage.merge(changes);
    if (this.#child !== undefined) this.#sendUsage(this.#child);
    else this.#startNeeded();
  }

  look(domain: DomainName): void {
    if (this.#child === undefined) this.#startNeeded();
    // One that cannot be started now is asked again by later mail.
    if (this.#child !== undefined) tell(this.#child, { kind: 'look', domain });
  }

  #startNeeded(): void {
    if (this.#again === undefined && this.#site !== undefined && !this.#stopped) this.#start(this.#site);
  }

  stop(): Promise<void> {
    this.#stopped = true;
    return this.#end();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#again);
    this.#again = undefined;
    const leaving = this.#child;
    this.#child = undefined;
    if (leaving === undefined) return;
    if (!this.#usage.isEmpty()) tell(leaving, { kind: 'usage', changes: this.#usage.take() });
    tell(leaving, { kind: 'end' });
    await ended(leaving);
  }

  /** No process and no folder are reasons to try again, and never to end the host. */
  #start(site: SiteText): void {
    try {
      this.#startNow(site);
    } catch (error) {
      this.#startLater(site, `: ${describeError(error)}`);
    }
  }

  #startLater(site: SiteText, why: string): void {
    this.#journal.record({ kind: 'fault', where: 'writer', detail: `the process that writes for the workers${why}` });
    this.#child = undefined;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#start(site), WRITER_AGAIN_MS).unref();
  }

  #startNow(site: SiteText): void {
    const child = forkWriter(this.#folder, this.socket);
    this.#child = child;
    child.on('message', (message: FromWriter) => {
      if (message.kind === 'fault') this.#journal.record(message);
      else this.#journal.record({ kind: 'process', what: message.kind, detail: message.detail });
    });
    // One that could not be started has no end of its own; one that cannot be told anything is ended.
    child.on('error', (error) => {
      child.kill('SIGKILL');
      if (this.#child === child) this.#startLater(site, `: ${error.message}`);
    });
    child.once('exit', (code, signal) => {
      if (this.#child === child) this.#startLater(site, ` ended (${signal ?? `exit code ${code}`})`);
    });
    tell(child, { kind: 'start', site, socket: this.socket });
    this.#sendUsage(child);
  }
}

/** Starts the process while the site has something for it to write, and again when it ends by itself. */
export function createWriter(journal: Journal): Writer {
  return new RunningWriter(journal);
}

function tell(child: ChildProcess, message: ToWriter): void {
  if (child.connected) child.send(message);
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
  const node = { execPath: process.execPath, execArgv: nodeOptionsOf() };
  const launch = launchWithoutCapabilities(node);
  // Told at the start of the host, as for workers.
  const { execPath, execArgv } = launch === 'cannot' ? node : launch;
  return fork(file, words, { execPath, execArgv: [...execArgv], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
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
