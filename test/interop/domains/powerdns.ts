import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { findPort } from '../dns/find-port.ts';
import { type NameServer, startNameServer } from '../dns/name-server.ts';

/** A running PowerDNS with zones of its own in SQLite, and its HTTP API. */
export interface PowerDns extends NameServer {
  readonly url: string;
  readonly key: string;
}

const SCHEMA = '/usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql';
const KEY = 'the-key-of-a-test';

/** Zones by name, each as records: `['MX', '10 mx1d10.cluster.test']`. */
type Records = Readonly<Record<string, readonly (readonly [type: string, content: string])[]>>;

/** Starts one at any free port of this machine. */
export async function startPowerDns(zones: Records, { ttlSeconds }: { readonly ttlSeconds: number }): Promise<PowerDns> {
  const folder = makeTemporaryFolder('powerdns');
  chmodSync(folder.path, 0o755);
  const database = join(folder.path, 'zones.db');
  fill(database, { ...zones, 'sign.powerdns.test': [['A', '127.0.0.1']] }, ttlSeconds);
  const [port, apiPort] = [await findPort(), await findPort()];
  const settings = {
    launch: 'gsqlite3',
    'gsqlite3-database': database,
    'local-address': '127.0.0.1',
    'local-port': port,
    'socket-dir': folder.path,
    daemon: 'no',
    guardian: 'no',
    api: 'yes',
    'api-key': KEY,
    webserver: 'yes',
    'webserver-address': '127.0.0.1',
    'webserver-port': apiPort,
  };
  writeFileSync(
    join(folder.path, 'pdns.conf'),
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const server = await startNameServer({
    address: `127.0.0.1:${port}`,
    command: '/usr/sbin/pdns_server',
    args: [`--config-dir=${folder.path}`],
    sign: 'sign.powerdns.test',
    remove: () => folder.remove(),
  });
  return { ...server, url: `http://127.0.0.1:${apiPort}`, key: KEY };
}

function fill(path: string, zones: Records, ttlSeconds: number): void {
  const db = new DatabaseSync(path);
  db.exec(readFileSync(SCHEMA, 'utf8'));
  for (const [zone, records] of Object.entries(zones)) {
    const { lastInsertRowid } = db.prepare("INSERT INTO domains (name, type) VALUES (?, 'NATIVE')").run(zone);
    const soa = ['SOA', 'ns1.nic.test hostmaster.nic.test 1 3600 600 86400 60'] as const;
    for (const [type, content] of [soa, ['NS', 'ns1.nic.test'] as const, ...records]) {
      const [priority = '', ...rest] = content.split(' ');
      db.prepare('INSERT INTO records (domain_id, name, type, content, ttl, prio) VALUES (?, ?, ?, ?, ?, ?)').run(
        lastInsertRowid,
        zone,
        type,
        type === 'MX' ? rest.join(' ') : content,
        ttlSeconds,
        type === 'MX' ? Number(priority) : 0,
      );
    }
  }
  db.close();
}
