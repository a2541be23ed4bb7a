import { isIPv6 } from 'node:net';
import { ASK_MS, TEXT_MAX } from './dnsbl/limits.ts';
import { type ListMonitor, watchList } from './dnsbl/monitor.ts';
import type { Dnsbl, DnsblAnswer, ListHealth, Listing, ListZone } from './dnsbl/port.ts';
import { queryName } from './dnsbl/query-name.ts';
import { readListAnswer } from './dnsbl/reading.ts';
import type { Dns } from './port.ts';
import { type Deadline, startDeadline } from './system/deadline.ts';

/** What the lists are asked with. */
export interface DnsblOptions {
  /** Without a cache: a test must hear what a list says now. The lists keep answers about clients themselves. */
  readonly dns: Dns;
  readonly zones: readonly ListZone[];
  readonly now: () => Date;
  /** A list was muted or has come back: an alarm for the operator. Must not throw. */
  readonly onChange?: (health: ListHealth) => void;
}

/** Starts the tests of all lists; {@link Dnsbl.close} ends them. */
export function createDnsbl({ dns, zones, now, onChange = () => undefined }: DnsblOptions): Dnsbl {
  const monitors = zones.map((zone) => watchList(zone, { dns, now, onChange }));
  return {
    async ask(ip, signal) {
      const deadline = startDeadline(ASK_MS, () => now().getTime(), signal);
      try {
        return collect(await Promise.all(monitors.map((monitor) => askList(monitor, ip, deadline))));
      } finally {
        deadline.stop();
      }
    },
    health: () => monitors.map((monitor) => monitor.health()),
    test: () => Promise.all(monitors.map((monitor) => monitor.test())),
    close: () => {
      for (const monitor of monitors) monitor.close();
    },
  };
}

type ListAnswer = { readonly listing: Listing } | { readonly skipped: { readonly zone: string; readonly detail: string } } | undefined;

async function askList(monitor: ListMonitor, ip: string, deadline: Deadline): Promise<ListAnswer> {
  const { zone, codes } = monitor.list;
  const skip = (detail: string): ListAnswer => ({ skipped: { zone, detail } });
  // A list that was never tested might list the world: it is waited for, and has no say until then.
  if (monitor.health().state === 'testing') await until(monitor.tested, deadline.signal);
  const health = monitor.health();
  if (health.state !== 'well') return skip(health.detail ?? 'it has not been tested yet');
  const name = queryName(ip, zone);
  if (name === undefined) return undefined;
  if (isIPv6(ip) && !monitor.answersIpv6()) return skip('it does not answer about IPv6 addresses');
  const reading = readListAnswer(await monitor.lookup(name, 'A', { signal: deadline.signal }), codes);
  switch (reading.kind) {
    case 'not-listed':
      return reading.otherCodes.length > 0 ? skip(`codes that do not count: ${reading.otherCodes.join(' ')}`) : undefined;
    case 'fault': {
      // A client that went away says nothing about the list.
      if (deadline.reason() === 'aborted') return skip('the client went away');
      const detail = deadline.reason() === 'timeout' ? `no answer within ${ASK_MS} ms` : reading.detail;
      monitor.mute(detail);
      return skip(detail);
    }
    case 'listed': {
      // Asked while the list is being vouched for: both are waited for once.
      const text = readText(monitor, name, deadline.signal);
      const vouched = await until(monitor.vouch(), deadline.signal);
      if (vouched === undefined) return skip('it was not vouched for in time');
      if (vouched.state !== 'well') return skip(vouched.detail ?? 'its test failed');
      return { listing: { zone, codes: reading.codes, text: await text } };
    }
  }
}

/** The list's words about a listing (RFC 5782 §2.3): a stranger's text, so one bounded line of printable ASCII. */
async function readText(monitor: ListMonitor, name: string, signal: AbortSignal): Promise<string> {
  const answer = await monitor.lookup(name, 'TXT', { signal });
  const text = answer.kind === 'found' ? (answer.records[0] ?? '') : '';
  return text
    .slice(0, 4 * TEXT_MAX)
    .replace(/[^\u0021-\u007e]+/gu, ' ')
    .trim()
    .slice(0, TEXT_MAX)
    .trimEnd();
}

function collect(answers: readonly ListAnswer[]): DnsblAnswer {
  const listings: Listing[] = [];
  const skipped: { zone: string; detail: string }[] = [];
  for (const answer of answers) {
    if (answer === undefined) continue;
    if ('listing' in answer) listings.push(answer.listing);
    else skipped.push(answer.skipped);
  }
  return { listings, skipped };
}

/** Waits for work that goes on without us when the signal comes first; then undefined. */
function until<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve) => {
    const give = () => resolve(undefined);
    if (signal.aborted) give();
    signal.addEventListener('abort', give, { once: true });
    void work.then((value) => {
      signal.removeEventListener('abort', give);
      resolve(value);
    });
  });
}
