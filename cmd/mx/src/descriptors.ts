import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Site } from '@vratny/config';
import { RESERVED_MIN, RESERVED_PART } from './limits.ts';

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

/** Whether a process has room for one more client; `onFull` is told what an operator should know when it has not. */
export function createRoom(onFull: (detail: string) => void): (socket: Socket) => boolean {
  const max = descriptorsMax();
  const end = max === undefined ? Number.POSITIVE_INFINITY : clientDescriptorsEnd(max);
  return (socket) => {
    if ((descriptorOf(socket) ?? 0) < end) return true;
    onFull(`${end} of ${max} descriptors (nofile) are in use: clients are turned away`);
    return false;
  };
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
