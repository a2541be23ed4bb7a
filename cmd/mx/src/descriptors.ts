import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Site } from '@vratny/config';
import { EXHAUSTION_LOOK_MS, RESERVED_MIN, RESERVED_PART } from './limits.ts';

/** How many descriptors this process may have; undefined where the system does not tell. Node has raised it as far as it may by itself. */
export function descriptorsMax(): number | undefined {
  try {
    return readDescriptorsMax(readFileSync('/proc/self/limits', 'utf8'));
  } catch {
    return undefined;
  }
}

/** The soft limit in what Linux says of a process (proc(5)). */
export function readDescriptorsMax(limits: string): number | undefined {
  const soft = /^Max open files\s+(\d+)/mu.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}

/** From this number on, descriptors are for a worker's own work: a client that would get one is told to come later. */
function clientDescriptorsEnd(max: number): number {
  return max - Math.max(RESERVED_MIN, Math.ceil(max * RESERVED_PART));
}

/** Whether a process has room for one more client; `onFull` is told what an operator should know when it has not, also when no client can be taken at all. */
export function createRoom(onFull: (detail: string) => void): (socket: Socket) => boolean {
  const max = descriptorsMax();
  const end = max === undefined ? Number.POSITIVE_INFINITY : clientDescriptorsEnd(max);
  setInterval(() => {
    const error = exhaustion();
    if (error !== undefined) onFull(`no descriptor is left (${error}): clients are accepted and closed without a word`);
  }, EXHAUSTION_LOOK_MS).unref();
  return (socket) => {
    if ((descriptorOf(socket) ?? 0) < end) return true;
    onFull(`${end} of ${max} descriptors (nofile) are in use: clients are turned away`);
    return false;
  };
}

/**
 * Why nothing more can be opened; undefined when something can. Asked for, since nobody is told by Node: without a descriptor libuv frees one that it
 * keeps for that, accepts the client, closes it at once, and reports no error.
 */
function exhaustion(): 'EMFILE' | 'ENFILE' | undefined {
  try {
    closeSync(openSync('/dev/null', 'r'));
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'EMFILE' || code === 'ENFILE' ? code : undefined;
  }
}

/** Sockets, libraries and files that a worker has open without any client. */
const OWN = 64;

/** What an operator should change, since there are fewer descriptors than the site's limits ask for; undefined when there are enough. */
export function tooFewDescriptors({ limits }: Pick<Site, 'limits'>, max: number): string | undefined {
  const room = Math.max(0, clientDescriptorsEnd(max) - OWN);
  if (room >= limits.connections) return undefined;
  const needed = Math.ceil((limits.connections + OWN) / (1 - RESERVED_PART)) + RESERVED_MIN;
  return (
    `limits.connections is ${limits.connections}, but with ${max} descriptors (nofile) a process has room for some ${room} clients: ` +
    `set LimitNOFILE=${needed} (systemd) or ulimit -n ${needed}, or lower limits.connections`
  );
}

/** The descriptor of a socket; undefined when it has none. The kernel gives the lowest number that is free, so that it tells how many are in use. */
function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
