import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { type NameServer, startNameServer } from '../dns/name-server.ts';

/** Zones by name, each as lines of its zone file without SOA: `@ MX 10 mx1d10.cluster.test.` */
export type Zones = Readonly<Record<string, readonly string[]>>;

/** A running Knot with zones of its own. */
export interface Knot extends NameServer {
  /** Writes a zone anew, with the next serial number, and has it loaded. */
  change(zone: string, lines: readonly string[]): void;
}

const SIGN = 'knot-is-here';

/** A key whose updates are taken, in base 64. */
interface UpdateKey {
  readonly name: string;
  readonly secret: string;
  /** The zones that it may change. */
  readonly zones: readonly string[];
}

/** Starts an authoritative server at port 53 of a loopback address. Records have the TTL that they state, else `ttlSeconds`. */
export async function startKnot(
  ip: string,
  zones: Zones,
  { ttlSeconds, updates }: { readonly ttlSeconds: number; readonly updates?: UpdateKey },
): Promise<Knot> {
  const folder = makeTemporaryFolder('knot');
  let serial = 0;
  const write = (zone: string, lines: readonly string[]) => {
    serial += 1;
    const soa = `@ SOA ns1.nic.test. hostmaster.nic.test. ${serial} 3600 600 86400 ${ttlSeconds}`;
    writeFileSync(join(folder.path, `${zone}.zone`), [`$ORIGIN ${zone}.`, `$TTL ${ttlSeconds}`, soa, ...lines, ''].join('\n'));
  };
  // A zone that only shows that the server runs.
  for (const [zone, lines] of Object.entries({ ...zones, [SIGN]: ['@ NS ns1.nic.test.', '@ A 127.0.0.1'] })) write(zone, lines);
  mkdirSync(join(folder.path, 'run'));
  const file = join(folder.path, 'knot.conf');
  writeFileSync(file, renderConfig(folder.path, ip, { zones: [...Object.keys(zones), SIGN], updates }));
  const server = await startNameServer({
    address: `${ip}:53`,
    command: '/usr/sbin/knotd',
    args: ['-c', file],
    sign: SIGN,
    remove: () => folder.remove(),
  });
  return {
    ...server,
    change(zone, lines) {
      write(zone, lines);
      server.signal('SIGHUP');
    },
  };
}

function renderConfig(
  folder: string,
  ip: string,
  { zones, updates }: { readonly zones: readonly string[]; readonly updates: UpdateKey | undefined },
): string {
  return [
    'server:',
    `  rundir: "${join(folder, 'run')}"`,
    `  listen: ${ip}@53`,
    '  udp-workers: 1',
    '  tcp-workers: 1',
    '  background-workers: 1',
    'log:',
    '  - target: stderr',
    '    any: info',
    ...(updates === undefined ? [] : ['key:', `  - id: ${updates.name}`, '    algorithm: hmac-sha256', `    secret: ${updates.secret}`]),
    ...(updates === undefined ? [] : ['acl:', '  - id: updates', `    key: ${updates.name}`, '    action: update']),
    'database:',
    `  storage: "${folder}"`,
    'template:',
    '  - id: default',
    `    storage: "${folder}"`,
    // Zone files are the test's alone.
    '    zonefile-sync: -1',
    '    journal-content: none',
    'zone:',
    ...zones.flatMap((zone) => [
      `  - domain: ${zone}.`,
      `    file: "${zone}.zone"`,
      ...(updates?.zones.includes(zone) === true ? ['    acl: updates'] : []),
    ]),
    '',
  ].join('\n');
}
