import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { findPort } from './find-port.ts';
import { type NameServer, startNameServer } from './name-server.ts';

/** A running rbldnsd with one list. */
export interface Rbldnsd extends NameServer {
  readonly zone: string;
  /** Writes other addresses or networks; the next start, or SIGHUP, reads them. */
  write(listed: readonly string[]): void;
}

/** The text of every listing; rbldnsd puts the address in the place of `$`. */
const TEXT = 'seen in a spam trap, see https://list.test/$';

/** Answers that say "no" may be kept for no time at all. */
const SOA = '$SOA 0 ns.list.test hostmaster.list.test 0 600 300 86400 0';

/** Starts a list. 127.0.0.2 stands on it as RFC 5782 asks, besides `listed`. */
export async function startRbldnsd(zone: string, listed: readonly string[]): Promise<Rbldnsd> {
  const folder = makeTemporaryFolder('rbldnsd');
  // It becomes the user rbldns before it reads.
  chmodSync(folder.path, 0o755);
  const port = await findPort();
  const write = (addresses: readonly string[]) =>
    writeFileSync(join(folder.path, 'list'), `${SOA}\n:127.0.0.2:${TEXT}\n${['127.0.0.2', ...addresses].join('\n')}\n`);
  write(listed);
  const server = await startNameServer({
    address: `127.0.0.1:${port}`,
    command: '/usr/sbin/rbldnsd',
    args: ['-n', '-4', '-t', '60', '-c', '1', '-w', folder.path, '-b', `127.0.0.1/${port}`, `${zone}:ip4trie:list`],
    sign: `2.0.0.127.${zone}`,
    remove: () => folder.remove(),
  });
  return { ...server, zone, write };
}
