import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { findPort } from '../dns/find-port.ts';
import { type NameServer, startNameServer } from '../dns/name-server.ts';

/** Starts an unbound that resolves below `test.` by itself, from the servers of that domain, with a cache, and asks nobody outside this machine. */
export async function startResolver({
  topLevelServer,
  sign,
  trustAnchors = [],
}: {
  /** Who has `test.`, by its address. */
  readonly topLevelServer: string;
  /** A name with an A record that it can find. */
  readonly sign: string;
  /** Zones that must be signed, as DS records; without any it does not validate. */
  readonly trustAnchors?: readonly string[];
}): Promise<NameServer> {
  const folder = makeTemporaryFolder('resolver');
  chmodSync(folder.path, 0o755);
  const port = await findPort();
  const file = join(folder.path, 'unbound.conf');
  const lines = [
    'server:',
    `  directory: "${folder.path}"`,
    '  chroot: ""',
    '  username: "nobody"',
    '  use-syslog: no',
    '  logfile: ""',
    '  num-threads: 1',
    '  interface: 127.0.0.1',
    `  port: ${port}`,
    '  do-ip6: no',
    '  access-control: 127.0.0.0/8 allow',
    '  do-not-query-localhost: no',
    `  module-config: "${trustAnchors.length > 0 ? 'validator ' : ''}iterator"`,
    ...trustAnchors.map((anchor) => `  trust-anchor: "${anchor}"`),
    '  local-zone: "test." nodefault',
    'remote-control:',
    '  control-enable: no',
    'stub-zone:',
    '  name: "test"',
    `  stub-addr: ${topLevelServer}`,
    'forward-zone:',
    '  name: "."',
    '  forward-addr: 127.0.0.1@9',
    '',
  ];
  writeFileSync(file, lines.join('\n'));
  return await startNameServer({
    address: `127.0.0.1:${port}`,
    command: '/usr/sbin/unbound',
    args: ['-d', '-p', '-c', file],
    sign,
    remove: () => folder.remove(),
  });
}
