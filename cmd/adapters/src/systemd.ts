import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Of systemd. Node has no datagram sockets of the kind that sd_notify(3) writes to. */
const NOTIFY = ['/usr/bin/systemd-notify', '/bin/systemd-notify'];

/** A notification that takes longer has failed; systemd waits for none. */
const NOTIFY_MS = 5_000;

/** The first descriptor that is handed over, SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST_DESCRIPTOR = 3;

/** More sockets than any unit has. */
const DESCRIPTORS_MAX = 64;

/** What systemd expects of a service, and is told by it; nothing where no systemd started this process. */
export interface Systemd {
  /** Listening sockets that were handed over (sd_listen_fds(3)), as descriptors. They stay open elsewhere when this process ends. */
  readonly sockets: readonly number[];
  /** The service serves, or has read its configuration again. From the first time on the watchdog is fed, as long as the event loop turns. */
  ready(status: string): void;
  /** It reads its configuration again; `ready` follows. */
  reloading(): void;
  /** It ends. */
  stopping(): void;
}

/** What the process was started with. */
export interface StartedWith {
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number;
  /** Sends a notification (sd_notify(3)): an assignment a word. Resolves when it was sent, or could not be. Never rejects. */
  readonly notify?: (socket: string, assignments: readonly string[]) => Promise<void>;
}

/**
 * Reads what systemd says in the environment and takes it away, so that no process that this one starts believes itself meant. What is no number, or is
 * for another process, counts as absent, as sd_listen_fds(3) and sd_watchdog_enabled(3) say.
 */
export function connectSystemd({ env, pid, notify = runNotify }: StartedWith): Systemd {
  const socket = env['NOTIFY_SOCKET'];
  const sockets = countSockets(env, pid);
  const watchdogMs = readWatchdog(env, pid);
  for (const name of ['NOTIFY_SOCKET', 'LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'WATCHDOG_PID', 'WATCHDOG_USEC']) delete env[name];
  // One after the other: READY after RELOADING means something else than before it.
  let last = Promise.resolve();
  const tell = (...assignments: readonly string[]) => {
    if (socket !== undefined && socket !== '') last = last.then(() => notify(socket, assignments));
  };
  let fed = watchdogMs === undefined;
  return {
    sockets: Array.from({ length: sockets }, (_none, at) => FIRST_DESCRIPTOR + at),
    ready(status) {
      tell('READY=1', `STATUS=${status}`);
      // Half of the time is recommended (sd_watchdog_enabled(3)), which forgives no notification that was not sent.
      if (!fed) setInterval(() => tell('WATCHDOG=1'), (watchdogMs ?? 0) / 4).unref();
      fed = true;
    },
    reloading: () => tell('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}`),
    stopping: () => tell('STOPPING=1'),
  };
}

function countSockets(env: NodeJS.ProcessEnv, pid: number): number {
  const count = readNumber(env['LISTEN_FDS']) ?? 0;
  return readNumber(env['LISTEN_PID']) === pid && count <= DESCRIPTORS_MAX ? count : 0;
}

function readWatchdog(env: NodeJS.ProcessEnv, pid: number): number | undefined {
  const microseconds = readNumber(env['WATCHDOG_USEC']) ?? 0;
  const meant = env['WATCHDOG_PID'] === undefined || readNumber(env['WATCHDOG_PID']) === pid;
  return meant && microseconds > 0 ? microseconds / 1_000 : undefined;
}

function readNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/u.test(text) ? Number(text) : undefined;
}

/** By systemd's own program, whose message counts as the service's where the unit says NotifyAccess=all. */
function runNotify(socket: string, assignments: readonly string[]): Promise<void> {
  const program = NOTIFY.find((path) => existsSync(path));
  if (program === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    try {
      const child = spawn(program, [...assignments], { env: { NOTIFY_SOCKET: socket }, stdio: 'ignore', timeout: NOTIFY_MS });
      // Without a process to give there is no notification; systemd does what the unit says then.
      child.once('error', () => resolve()).once('exit', () => resolve());
      child.unref();
    } catch {
      // As above: spawn throws when no descriptor is left.
      resolve();
    }
  });
}
