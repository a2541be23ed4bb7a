import { readFileSync } from 'node:fs';
import { loadTarpit } from './tarpit-load.ts';

/**
 * `node test/load/tarpit.ts [CONNECTIONS [SERVERS]]`: holds connections in the tarpit and prints the memory of each. Needs about a minute. SERVERS
 * is as many as the limit of open files makes necessary, unless told.
 */
const [connections = 20_000, servers = serversFor(connections)] = process.argv.slice(2).map(Number);

const { bytesPerConnection, grownBytes, connections: held } = await loadTarpit({ connections, servers, clients: 4, delayMs: 1_000 });
process.stdout.write(
  `${held} connections in ${servers} tarpit process(es): ${(grownBytes / 1024 / 1024).toFixed(1)} MiB grown, ${bytesPerConnection} octets each\n`,
);
if (bytesPerConnection >= 8 * 1024) process.exitCode = 1;

/** A process that may not open as many files as it is to hold connections would only wait. */
function serversFor(wanted: number): number {
  const limit = Number(/^Max open files\s+\d+\s+(\d+)/mu.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Number.POSITIVE_INFINITY);
  // Besides its connections a process has some files of its own, and the warming-up's connections.
  return Math.ceil(wanted / (limit - 200));
}
