import { isIPv6 } from 'node:net';
import { cleanText } from '@vratny/text';
import { type Cancellation, type Deadline, startDeadline, until } from '@vratny/waiting';
import { ASK_MS, TEXT_MAX } from './dnsbl/limits.ts';
import { askAbout, queryName } from './dnsbl/list-query.ts';
import { type ListMonitor, watchList } from './dnsbl/monitor.ts';
import type { Dnsbl, DnsblAnswer, ListHealth, Listing, ListZone } from './dnsbl/port.ts';
import type { Dns } from './port.ts';

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
    ask: (ip, signal) => answerKept(monitors, ip) ?? askAll(monitors, ip, signal),
    health: () => monitors.map((monitor) => monitor.health()),
    test: () => Promise.all(monitors.map((monitor) => monitor.test())),
    close: () => {
      for (const monitor of monitors) monitor.close();
    },
  };
}

async function askAll(monitors: readonly ListMonitor[], ip: string, signal: Cancellation | undefined): Promise<DnsblAnswer> {
  using deadline = startDeadline(ASK_MS, { signal });
  return collect(await Promise.all(monitors.map((monitor) => askList(monitor, ip, deadline))));
}

/** The same client was asked about a moment ago, and no list that is well lists it; undefined when some list has to be asked. */
function answerKept(monitors: readonly ListMonitor[], ip: string): DnsblAnswer | undefined {
  const skipped: { zone: string; detail: string }[] = [];
  for (const monitor of monitors) {
    const { zone } = monitor.list;
    const { state, detail } = monitor.health();
    if (state === 'testing') return undefined;
    const silent = state === 'muted' ? (detail ?? UNTESTED) : silenceAbout(monitor, ip);
    if (silent !== undefined) {
      skipped.push({ zone, detail: silent });
      continue;
    }
    const name = queryName(ip, zone);
    const kept = name === undefined ? NOT_LISTED : monitor.peek(name);
    if (kept?.kind !== 'nodata' && kept?.kind !== 'nxdomain') return undefined;
  }
  return { listings: [], skipped };
}

const NOT_LISTED = { kind: 'nxdomain' } as const;
const UNTESTED = 'it has not been tested yet';

/** Why a list that is well has nothing to say about an address. */
function silenceAbout(monitor: ListMonitor, ip: string): string | undefined {
  return isIPv6(ip) && !monitor.answersIpv6() ? 'it does not answer about IPv6 addresses' : undefined;
}

type ListAnswer = { readonly listing: Listing } | { readonly skipped: { readonly zone: string; readonly detail: string } } | undefined;

async function askList(monitor: ListMonitor, ip: string, deadline: Deadline): Promise<ListAnswer> {
  const { zone } = monitor.list;
  const skip = (detail: string): ListAnswer => ({ skipped: { zone, detail } });
  // A list that was never tested might list the world: it is waited for, and has no say until then.
  if (monitor.health().state === 'testing') await until(monitor.tested, deadline.signal, () => undefined);
  const health = monitor.health();
  if (health.state !== 'well') return skip(health.detail ?? UNTESTED);
  const silent = silenceAbout(monitor, ip);
  if (silent !== undefined) return skip(silent);
  const asked = await askAbout(ip, monitor.list, monitor, deadline.signal);
  if (asked === undefined) return undefined;
  const { name, reading } = asked;
  switch (reading.kind) {
    case 'not-listed':
      return reading.otherCodes.length > 0 ? skip(`codes that do not count: ${reading.otherCodes.join(' ')}`) : undefined;
    case 'fault': {
      // A client that went away says nothing about the list.
      if (deadline.signal.aborted && !deadline.passed) return skip('the client went away');
      const detail = deadline.passed ? `no answer within ${ASK_MS} ms` : reading.detail;
      monitor.mute(detail);
      return skip(detail);
    }
    case 'listed': {
      // Asked while the list is being vouched for: both are waited for once.
      const text = readText(monitor, name, deadline.signal);
      const vouched = await until(monitor.vouch(), deadline.signal, () => undefined);
      if (vouched === undefined) return skip('it was not vouched for in time');
      if (vouched.state !== 'well') return skip(vouched.detail ?? 'its test failed');
      return { listing: { zone, codes: reading.codes, text: await text } };
    }
  }
}

/** The list's words about a listing (RFC 5782 §2.3): a stranger's text, so one bounded line of printable ASCII. */
async function readText(monitor: ListMonitor, name: string, signal: Cancellation): Promise<string> {
  const answer = await monitor.lookup(name, 'TXT', { signal });
  const text = answer.kind === 'found' ? (answer.records[0] ?? '') : '';
  return cleanText(text, { ascii: true, max: TEXT_MAX }).replace(/ {2,}/gu, ' ').trim();
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
