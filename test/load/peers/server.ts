import { chmodSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateFiles } from '@vratny/support/certificate';
import { childrenOf } from '@vratny/support/process-state';
import { waitFor } from '@vratny/support/wait-for';

/** What the benchmark's servers share: sinks to deliver to, a resolver, a certificate. */
export interface Ground {
  /** Readable by the users that the peers' daemons change to. */
  readonly folder: string;
  /** An LMTP server that takes everything. */
  readonly lmtpSink: number;
  /** An SMTP server that takes everything. */
  readonly smtpSink: number;
  /** `127.0.0.1:PORT` of a resolver that knows all senders. */
  readonly resolver: string;
  readonly tls: CertificateFiles;
  /** Processes of those servers that have a fixed number of them. */
  readonly processes: number;
  /** Processor time of the sinks and of this process so far, with the clients that it started and that have ended. */
  readonly harnessSeconds: () => number;
  readonly say: (line: string) => void;
  /** Aborted when the user ends the run. */
  readonly signal: AbortSignal;
}

/** A running server that is measured. */
export interface RunningServer extends AsyncDisposable {
  readonly port: number;
  /** The process that started all others of the server. */
  readonly pid: number;
  /** Resolves when everything that was accepted has been delivered. */
  readonly settled: () => Promise<void>;
}

/** A mail server of the comparison. */
export interface Peer {
  readonly id: string;
  /** With its version and what it does. */
  readonly title: string;
  /** Its configuration, for the report. */
  readonly configuration: string;
  /** Starts it on a free port. */
  start(ground: Ground): Promise<RunningServer>;
}

/** Domain of the recipients; every peer takes mail for it. */
export const DOMAIN = 'example.com';
/** The recipient of all messages. */
export const RECIPIENT = `b@${DOMAIN}`;
/** A recipient that nobody takes: its domain is not served. */
export const FOREIGN_RECIPIENT = 'b@elsewhere.example';

/** A new folder for one start of a server, readable by whatever user its daemons change to. */
export function makeServerFolder({ folder }: Pick<Ground, 'folder'>, name: string): string {
  const path = mkdtempSync(join(folder, `${name}-`));
  chmodSync(path, 0o755);
  return path;
}

/** Of the kernel's process times (proc(5)); Linux has it at 100 everywhere. */
const TICKS_PER_SECOND = 100;

/** Processes of a server: the one that was started and all below it. */
export function processesOf(pid: number): readonly number[] {
  try {
    return [pid, ...childrenOf(pid).flatMap(processesOf)];
  } catch {
    // It ended in between.
    return [];
  }
}

/** Seconds of processor time of a server so far, children that ended included. */
export function processorSeconds(pid: number): number {
  return secondsOfThese(processesOf(pid));
}

/** The same of processes by themselves, with those children that have ended and were waited for. */
export function secondsOfThese(pids: readonly number[]): number {
  return pids.reduce((sum, one) => sum + ticksOf(one), 0) / TICKS_PER_SECOND;
}

function ticksOf(pid: number): number {
  try {
    // The name of the program may have spaces; it ends with the last parenthesis. utime, stime, cutime, cstime are fields 14 to 17.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  } catch {
    return 0;
  }
}

/** Octets of memory that a server has for itself: pages that processes share count once (`Pss` of proc(5)). */
export function residentOf(pid: number): number {
  return processesOf(pid).reduce((sum, one) => sum + pssOf(one), 0);
}

function pssOf(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Milliseconds that a server has for its start: nothing is shown by how long it takes. */
export const START_MS = 120_000;

/** Milliseconds that a server has for delivering what it accepted. */
const SETTLED_MS = 120_000;

/** Waits until there is no message in the folders of a queue, which names them with a dot in front while they are not complete. */
export async function queueIsEmpty(...folders: readonly string[]): Promise<void> {
  await waitFor('the queue is empty', () => (folders.every(hasNoFiles) ? true : undefined), { deadlineMs: SETTLED_MS });
}

function hasNoFiles(folder: string): boolean {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries.every((one) => one.isDirectory() || one.name.startsWith('.'));
  } catch {
    // A message went while its folder was read.
    return false;
  }
}
