import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePort } from '@vratny/daemons';
import { type Host, hostId } from '@vratny/hosts';

/** Where each host of the demo would like to listen. */
const WISHES: Readonly<Record<string, number>> = { a10: 2510, b10: 2511, c10: 2512, d10: 2513, a20: 2520, b20: 2521, c20: 2522 };

const FILE = 'ports.json';

/** Ports by host id. */
export type Ports = Readonly<Record<string, number>>;

/** Gives each host the port that it would like, or another free one when it is taken, and writes them down for `npm run send`. */
export async function assignPorts(hosts: readonly Host[], directory: string): Promise<Ports> {
  const entries: [string, number][] = [];
  for (const host of hosts) {
    const id = hostId(host);
    entries.push([id, await findFreePort(WISHES[id])]);
  }
  const ports = Object.fromEntries(entries);
  writeFileSync(join(directory, FILE), `${JSON.stringify(ports)}\n`);
  return ports;
}

/** Where the hosts of the running demo listen; undefined when none was started. */
export function readPorts(directory: string): Ports | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(join(directory, FILE), 'utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Ports) : undefined;
  } catch {
    return undefined;
  }
}
