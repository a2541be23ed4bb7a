import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { findPort } from './find-port.ts';
import { type NameServer, startNameServer } from './name-server.ts';

/** What an unbound of a test knows. */
export interface UnboundZones {
  /** Records of names below `test.`, in master file form: `sender.test. IN A 192.0.2.1`. What is not there does not exist. */
  readonly records: readonly string[];
  /** Zones that another server has: `127.0.0.1@PORT`. A server that is not there makes SERVFAIL. */
  readonly stubs?: Readonly<Record<string, string>>;
}

/** A running unbound with zones of its own. */
export interface Unbound extends NameServer {
  /** Writes other zones; the next start reads them. */
  write(zones: UnboundZones): void;
}

const SIGN = 'unbound-is-here.test';

/** Starts an unbound that asks nobody outside this machine. */
export async function startUnbound(zones: UnboundZones, at?: { readonly ip: string; readonly port: number }): Promise<Unbound> {
  const folder = makeTemporaryFolder('unbound');
  chmodSync(folder.path, 0o755);
  const { ip, port } = at ?? { ip: '127.0.0.1', port: await findPort() };
  const file = join(folder.path, 'unbound.conf');
  const write = (next: UnboundZones) => writeFileSync(file, renderConfig(folder.path, ip, port, next));
  write(zones);
  const server = await startNameServer({
    address: `${ip}:${port}`,
    command: '/usr/sbin/unbound',
    args: ['-d', '-p', '-c', file],
    sign: SIGN,
    remove: () => folder.remove(),
  });
  return { ...server, write };
}

function renderConfig(folder: string, ip: string, port: number, { records, stubs = {} }: UnboundZones): string {
  return [
    'server:',
    `  directory: "${folder}"`,
    '  chroot: ""',
    // It starts as root and becomes nobody.
    '  username: "nobody"',
    '  use-syslog: no',
    '  logfile: ""',
    '  num-threads: 1',
    `  interface: ${ip}`,
    `  port: ${port}`,
    '  do-ip6: no',
    '  access-control: 127.0.0.0/8 allow',
    '  do-not-query-localhost: no',
    '  module-config: "iterator"',
    // The lists' own TTLs are looked at elsewhere; here a change must be seen at once.
    '  cache-max-ttl: 0',
    '  cache-max-negative-ttl: 0',
    '  infra-host-ttl: 0',
    '  local-zone: "test." static',
    ...Object.keys(stubs).map((zone) => `  local-zone: "${zone}." transparent`),
    ...[`${SIGN}. IN A 127.0.0.1`, ...records].map((record) => `  local-data: '${record}'`),
    'remote-control:',
    '  control-enable: no',
    ...Object.entries(stubs).flatMap(([zone, address]) => ['stub-zone:', `  name: "${zone}"`, `  stub-addr: ${address}`]),
    'forward-zone:',
    '  name: "."',
    '  forward-addr: 127.0.0.1@9',
    '',
  ].join('\n');
}
