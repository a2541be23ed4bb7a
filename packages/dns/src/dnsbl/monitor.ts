import { randomInt } from 'node:crypto';
import { describeError } from '@vratny/text';
import { type Cancellation, type Canceller, createCanceller, startDeadline } from '@vratny/waiting';
import { type CachedDns, createCachedDns } from '../cached.ts';
import type { Answer, Dns } from '../port.ts';
import { CACHE_ENTRIES, CACHE_TTL_SECONDS, RETEST_MS, TEST_EVERY_MS, TEST_MS, VOUCH_MS } from './limits.ts';
import { askAbout, type ListReading } from './list-query.ts';
import type { ListHealth, ListZone } from './port.ts';

/** Watches one list: tests it, mutes it while it fails, and lets it speak again when it is well. */
export interface ListMonitor {
  readonly list: ListZone;
  health(): ListHealth;
  /** False when its test says that it has no answers about IPv6 addresses. */
  readonly answersIpv6: () => boolean;
  /** Resolves when the first test has ended. */
  readonly tested: Promise<void>;
  /** Tests it now, past every cache; tests never run side by side. Never rejects. */
  test(): Promise<ListHealth>;
  /** Its health by a test that is fresh enough to refuse somebody by it. */
  vouch(): Promise<ListHealth>;
  /** Asks it. Answers are kept for their TTL, but not beyond a test that failed. */
  readonly lookup: Dns['lookup'];
  /** What is kept of its answers about a name. */
  readonly peek: (name: string) => Answer<'A'> | undefined;
  /** It failed to answer about a client: muted at once, so that it costs nobody else a time-out. */
  mute(detail: string): void;
  close(): void;
}

/** What a monitor needs besides the list. */
interface MonitorOptions {
  readonly dns: Dns;
  readonly now: () => Date;
  /** A list was muted or has come back. */
  readonly onChange: (health: ListHealth) => void;
}

interface Watch extends MonitorOptions {
  readonly list: ListZone;
  readonly closing: Canceller;
  readonly ms: () => number;
  health: ListHealth;
  answersIpv6: boolean;
  /** When it last passed a test, by `ms`. */
  passedAt: number;
  failures: number;
  cache: CachedDns;
  timer: NodeJS.Timeout | undefined;
  running: Promise<ListHealth> | undefined;
}

/** Starts to watch a list. */
export function watchList(list: ListZone, options: MonitorOptions): ListMonitor {
  const ms = () => options.now().getTime();
  const watch: Watch = {
    ...options,
    list,
    ms,
    closing: createCanceller(),
    health: { zone: list.zone, state: 'testing' },
    answersIpv6: true,
    passedAt: Number.NEGATIVE_INFINITY,
    failures: 0,
    cache: emptyCache(options.dns, ms),
    timer: undefined,
    running: undefined,
  };
  const tested = test(watch).then(() => undefined);
  return {
    list,
    tested,
    health: () => watch.health,
    answersIpv6: () => watch.answersIpv6,
    test: () => test(watch),
    vouch: () => (isFresh(watch) ? Promise.resolve(watch.health) : test(watch)),
    lookup: (name, type, asking) => watch.cache.lookup(name, type, asking),
    peek: (name) => watch.cache.peek(name, 'A'),
    mute: (detail) => {
      if (watch.health.state === 'muted') return;
      fail(watch, { ...watch.health, state: 'muted', detail });
      schedule(watch);
    },
    close: () => {
      watch.closing.abort();
      clearTimeout(watch.timer);
    },
  };
}

function test(watch: Watch): Promise<ListHealth> {
  watch.running ??= runTest(watch).finally(() => {
    watch.running = undefined;
  });
  return watch.running;
}

async function runTest(watch: Watch): Promise<ListHealth> {
  const { list, now } = watch;
  const lastTestAt = now();
  const startedAt = watch.ms();
  const result = await resultOf(watch);
  // What was cut short by closing says nothing.
  if (watch.closing.signal.aborted) return watch.health;
  const measured = { zone: list.zone, lastTestAt, latencyMs: Math.max(0, watch.ms() - startedAt), lastAnswers: result.answers };
  watch.answersIpv6 = result.ipv6;
  if (result.ok) {
    watch.failures = 0;
    watch.passedAt = startedAt;
    become(watch, { ...measured, state: 'well' });
  } else fail(watch, { ...measured, state: 'muted', detail: result.detail ?? 'its test failed' });
  schedule(watch);
  return watch.health;
}

async function resultOf(watch: Watch): Promise<TestResult> {
  using deadline = startDeadline(TEST_MS, { signal: watch.closing.signal });
  try {
    return await testList(watch.dns, watch.list, deadline.signal);
  } catch (error) {
    // The port promises not to reject; a bug behind it mutes the list, and takes down nobody.
    const detail = describeError(error);
    return { ok: false, detail, ipv6: true, answers: { listed: detail, unlisted: detail } };
  }
}

function isFresh({ health, passedAt, ms }: Watch): boolean {
  const age = ms() - passedAt;
  return health.state === 'well' && age >= 0 && age <= VOUCH_MS;
}

/** What it said before may be as wrong as what it says now, so its cache goes too. */
function fail(watch: Watch, health: ListHealth): void {
  watch.failures += 1;
  watch.cache = emptyCache(watch.dns, watch.ms);
  become(watch, health);
}

/** Only muting and coming back are news: a list that is well from the start is not. */
function become(watch: Watch, next: ListHealth): void {
  const before = watch.health.state;
  watch.health = next;
  const news = next.state === 'muted' ? before !== 'muted' : before === 'muted';
  if (news) watch.onChange(next);
}

function schedule(watch: Watch): void {
  clearTimeout(watch.timer);
  if (watch.closing.signal.aborted) return;
  const after = watch.failures === 0 ? TEST_EVERY_MS : Math.min(RETEST_MS * 2 ** (watch.failures - 1), TEST_EVERY_MS);
  watch.timer = setTimeout(() => void test(watch), after);
  watch.timer.unref();
}

function emptyCache(dns: Dns, now: () => number): CachedDns {
  return createCachedDns(dns, { now, maxEntries: CACHE_ENTRIES, maxTtlSeconds: CACHE_TTL_SECONDS });
}

/** What came of a test; `detail` is why it failed. */
interface TestResult {
  readonly ok: boolean;
  readonly detail: string | undefined;
  /** It answers about IPv6 addresses at all; else it is not asked about them, so that its failure there does not mute it. */
  readonly ipv6: boolean;
  readonly answers: { readonly listed: string; readonly unlisted: string };
}

/** The addresses that RFC 5782 §5 reserves for tests. */
const LISTED = '127.0.0.2';
const UNLISTED = '127.0.0.1';
const UNLISTED_V6 = '::ffff:127.0.0.1';

/**
 * An address nobody sends mail from, another one each time: the answers about the reserved ones may come from the resolver's cache, this one comes
 * from the list itself, as it is now. RFC 5782 §5 wants nothing but test entries below 127.0.0.0/8.
 */
const probe = (): string => `127.${randomInt(128, 256)}.${randomInt(256)}.${randomInt(256)}`;

/** A list is well when it lists 127.0.0.2 and does not list 127.0.0.1 (RFC 5782 §5), in its IPv6 form neither. */
async function testList(dns: Dns, list: ListZone, signal: Cancellation): Promise<TestResult> {
  const ask = async (ip: string): Promise<ListReading> => {
    const asked = await askAbout(ip, list, dns, signal);
    return asked?.reading ?? { kind: 'fault', detail: `${ip} is no address` };
  };
  const [listed, unlisted, unlistedV6, now] = await Promise.all([ask(LISTED), ask(UNLISTED), ask(UNLISTED_V6), ask(probe())]);
  const detail = failure({ listed, unlisted, unlistedV6, now });
  const answers = { listed: describe(listed), unlisted: describe(unlisted) };
  return { ok: detail === undefined, detail, ipv6: unlistedV6.kind !== 'fault', answers };
}

interface Readings {
  readonly listed: ListReading;
  readonly unlisted: ListReading;
  readonly unlistedV6: ListReading;
  /** Of the probe. */
  readonly now: ListReading;
}

function failure({ listed, unlisted, unlistedV6, now }: Readings): string | undefined {
  const faulty = [listed, unlisted, now].find((reading) => reading.kind === 'fault');
  if (faulty?.kind === 'fault') return faulty.detail;
  if (lists(unlisted)) return `it lists ${UNLISTED}, so it lists the world`;
  if (lists(unlistedV6)) return `it lists ${UNLISTED_V6}, so it lists the world`;
  if (lists(now)) return 'it lists addresses that send no mail, so it lists the world';
  if (listed.kind !== 'listed') return `it does not list ${LISTED} with a counted code: it is empty, dead or asked for other codes`;
  return undefined;
}

/** With any code: a list that answers for everything is not well, whatever we count. */
function lists(reading: ListReading): boolean {
  return reading.kind === 'listed' || (reading.kind === 'not-listed' && reading.otherCodes.length > 0);
}

function describe(reading: ListReading): string {
  switch (reading.kind) {
    case 'listed':
      return reading.codes.join(' ');
    case 'not-listed':
      return reading.otherCodes.length > 0 ? `not listed (${reading.otherCodes.join(' ')})` : 'not listed';
    case 'fault':
      return reading.detail;
  }
}
