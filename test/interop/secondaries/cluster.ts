import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GreylistEntry } from '@vratny/state';
import { openSqliteState } from '@vratny/state/sqlite';
import { type Clamd, startClamd } from '@vratny/support/clamd';
import { type RunningMx, startMx } from '@vratny/support/mx';
import { type Postfix, startPostfix } from '@vratny/support/postfix';
import { SENDER_DOMAIN } from '@vratny/support/postfix-config';
import { makeWorldSite, type WorldSite } from '@vratny/support/world-host';
import { parse, stringify } from 'yaml';
import { findResolverAddress } from '../dns/find-port.ts';
import { startUnbound } from '../dns/unbound.ts';
import { ADDRESS_OF, findSharedPort, type HostId, ROUTES } from './addresses.ts';

/** Where the sending server comes from. */
export const CLIENT = '127.0.0.66';

/** A sending server that knows a cluster by its MX records, and the hosts of that cluster that run. */
export interface Cluster extends AsyncDisposable {
  readonly site: WorldSite;
  readonly postfix: Postfix;
  /** Starts a host; `deaf` gives it a resolver that answers nothing but SERVFAIL, so that it delays every sender. */
  start(host: HostId, how?: 'deaf'): Promise<RunningMx>;
  stop(host: HostId): Promise<void>;
  /** Every sender that the greylist remembers. */
  remembered(): Promise<readonly GreylistEntry[]>;
  /** What everybody wrote. */
  readonly explain: () => string;
}

/** Starts the sending server and no host yet. Greylisting waits for two seconds. */
export async function openCluster(): Promise<Cluster> {
  await using stack = new AsyncDisposableStack();
  const clamd = stack.use(await startClamd());
  const port = await findSharedPort();
  const site = stack.use(await makeWorldSite({ extra: siteKeys(clamd) }));
  const resolver = await findResolverAddress();
  stack.use(await startUnbound({ records: ROUTES }, { ip: resolver, port: 53 }));
  const postfix = stack.use(await startPostfix({ relayPort: port, tls: 'none', settings: postfixSettings(port), resolver }));
  const hosts = new Map<HostId, RunningMx>();
  const stop = async (host: HostId) => {
    const running = hosts.get(host);
    hosts.delete(host);
    await running?.stop();
  };
  stack.defer(async () => void (await Promise.all([...hosts.keys()].map(stop))));
  const start = async (host: HostId, how?: 'deaf') => {
    const siteFile = how === 'deaf' ? writeDeafSite(site) : site.siteFile;
    const running = await startMx({ siteFile, host, listen: `${ADDRESS_OF[host]}:${port}` });
    hosts.set(host, running);
    return running;
  };
  const explain = () => [postfix.log(), ...[...hosts].map(([host, mx]) => `${host}: ${mx.stderr()}`)].join('\n');
  const owned = stack.move();
  return { site, postfix, start, stop, explain, remembered: () => readGreylist(site), [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function siteKeys({ tcp }: Clamd): Readonly<Record<string, unknown>> {
  const clamd = tcp.kind === 'tcp' ? `tcp://${tcp.host}:${tcp.port}` : `unix:${tcp.path}`;
  return { antivirus: { clamd: [clamd] }, greylist: { delay: '2s' }, tarpit: { delay: '0s' }, state: 'sqlite:./state.db' };
}

function postfixSettings(port: number): Readonly<Record<string, string>> {
  const routes = ['example.test', 'c.example.test'].map((domain) => `{${domain}=smtp:${domain}:${port}}`);
  return {
    relayhost: '',
    smtp_dns_support_level: 'enabled',
    smtp_host_lookup: 'dns',
    // Without brackets the name is looked up for MX records; only the port is told.
    transport_maps: `inline:{${routes.join(', ')}}`,
    smtp_bind_address: CLIENT,
    virtual_mailbox_domains: SENDER_DOMAIN,
    // What is delayed waits until the test flushes the queue.
    queue_run_delay: '1h',
    minimal_backoff_time: '1h',
    maximal_backoff_time: '2h',
  };
}

/** The same site without its zone file: every name is asked of the resolver that only says SERVFAIL. */
function writeDeafSite(site: WorldSite): string {
  const { dns, ...others } = parse(readFileSync(site.siteFile, 'utf8'));
  const file = join(site.folder, 'deaf.yaml');
  writeFileSync(file, stringify({ ...others, dns: { servers: dns.servers } }));
  return file;
}

async function readGreylist(site: WorldSite): Promise<readonly GreylistEntry[]> {
  const state = await openSqliteState({ path: join(site.folder, 'state.db') });
  try {
    return await state.greylist.list('*', 100, new Date());
  } finally {
    await state.close();
  }
}
