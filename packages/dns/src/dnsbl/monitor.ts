import { createCachedDns } from '../cached.ts';
import type { Dns } from '../port.ts';
import { startDeadline } from '../system/deadline.ts';
import { CACHE_ENTRIES, CACHE_TTL_SECONDS, RETEST_MS, TEST_EVERY_MS, TEST_MS, VOUCH_MS } from './limits.ts';
import type { ListHealth, ListZone } from './port.ts';
import { type TestResult, testList } from './test-list.ts';

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
  /** It failed to answer about a client: muted at once, so that it costs nobody else a time-out. */
  mute(detail: string): void;
  close(): void;
}

/** What a monitor needs besides the list. */
export interface MonitorOptions {
  readonly dns: Dns;
  readonly now: () => Date;
  /** A list was muted or has come back. */
  readonly onChange: (health: ListHealth) => void;
}

interface Watch extends MonitorOptions {
  readonly list: ListZone;
  readonly closing: AbortController;
  readonly ms: () => number;
  health: ListHealth;
  answersIpv6: boolean;
  /** When it last passed a test, by `ms`. */
  passedAt: number;
  failures: number;
  cache: Dns;
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
    closing: new AbortController(),
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
  const deadline = startDeadline(TEST_MS, watch.ms, watch.closing.signal);
  try {
    return await testList(watch.dns, watch.list, deadline.signal);
  } catch (error) {
    // The port promises not to reject; a bug behind it mutes the list, and takes down nobody.
    const detail = error instanceof Error ? error.message : 'unknown error';
    return { ok: false, detail, ipv6: true, answers: { listed: detail, unlisted: detail } };
  } finally {
    deadline.stop();
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

function emptyCache(dns: Dns, now: () => number): Dns {
  return createCachedDns(dns, { now, maxEntries: CACHE_ENTRIES, maxTtlSeconds: CACHE_TTL_SECONDS });
}
