import type { AuthoritativeDns, Updated } from '@vratny/dns';
import { type Cancellation, pause } from '@vratny/waiting';
import { PUBLISH_SEEN_MS, PUBLISH_TTL_SECONDS, READ_BACK_EVERY_MS } from './limits.ts';
import type { Mx } from './look.ts';
import type { Wanted } from './wanted.ts';

/** The MX records of a domain as they stand on the server that takes changes. */
export interface StandingMx {
  readonly mx: readonly Mx[];
  /** Undefined where there are none. */
  readonly ttlSeconds?: number;
}

/** A change of all MX records of a domain: it counts only while `before` stands. */
export interface MxChange {
  readonly zone: string;
  readonly domain: string;
  readonly before: readonly Mx[];
  readonly after: readonly Mx[];
  readonly ttlSeconds: number;
}

/** Who writes into a zone. */
export interface ZoneWriter {
  /** Never rejects. */
  replaceMx(change: MxChange, signal?: Cancellation): Promise<Updated>;
}

/** A zone that we may write, and where it stands. */
export interface PublishedZone {
  /** The zone that holds the domain. */
  readonly zone: string;
  /** The server that is asked before and afterwards: `ip`, `ip:port` or `[v6]:port`. */
  readonly server: string;
  readonly writer: ZoneWriter;
}

/** What is to be done, for people and for a dry run. */
export interface Difference {
  readonly remove: readonly Mx[];
  readonly add: readonly Mx[];
  readonly ttlSeconds: number;
}

/**
 * How publishing ended. `same`: there was nothing to do. `planned`: nothing was written, since only the difference was asked for. `published`: the server says what is wanted.
 * `foreign`: hosts that are not ours stand there; they are removed only when somebody says so. `changed`: somebody else changed the records meanwhile, and they were left alone.
 * `differs`: what was written is not what stands there now. `refused`: the server will not. `fault`: it is not known what stands there.
 */
export type Publication =
  | { readonly kind: 'same' }
  | { readonly kind: 'planned' | 'published'; readonly difference: Difference }
  | { readonly kind: 'foreign' | 'differs' | 'changed'; readonly stands: readonly Mx[]; readonly difference: Difference }
  | { readonly kind: 'refused' | 'fault'; readonly detail: string };

/** How it is published. */
export interface PublishOptions {
  readonly authoritative: AuthoritativeDns;
  /** Only finds out what would be done. */
  readonly dryRun?: boolean;
  /** Is told what stands there, right before it is replaced. When this fails nothing is written, and {@link publishMx} fails with the same error. */
  readonly beforeWrite?: (standing: StandingMx) => Promise<void>;
  /** Removes hosts that are not ours. */
  readonly replaceForeign?: boolean;
  readonly signal?: Cancellation | undefined;
  /** A clock in milliseconds; a monotonic one unless given. */
  readonly monotonicMs?: () => number;
}

/**
 * Makes the MX records of a domain what its letter wants, on the server that takes changes, and reads them back there. What somebody else changed between reading and writing is
 * not overwritten, as far as the writer can tell. Never rejects unless `beforeWrite` does.
 */
export async function publishMx(at: PublishedZone, wanted: Wanted, options: PublishOptions): Promise<Publication> {
  const standing = await readMx(at, wanted.domain, options);
  if (typeof standing === 'string') return { kind: 'fault', detail: standing };
  if (isSame(standing.mx, wanted.mx)) return { kind: 'same' };
  const difference = differenceOf(standing, wanted);
  const foreign = standing.mx.some(({ exchange }) => !wanted.ours.has(exchange));
  if (options.dryRun === true) return { kind: 'planned', difference };
  if (foreign && options.replaceForeign !== true) return { kind: 'foreign', stands: standing.mx, difference };
  await options.beforeWrite?.(standing);
  const { zone, writer } = at;
  const change = { zone, domain: wanted.domain, before: standing.mx, after: wanted.mx, ttlSeconds: difference.ttlSeconds };
  const written = await writer.replaceMx(change, options.signal);
  if (written.kind === 'refused' || written.kind === 'fault') return written;
  const last = written.kind === 'done' ? await readBack(at, wanted, options) : await readMx(at, wanted.domain, options);
  if (typeof last === 'string') return { kind: 'fault', detail: last };
  if (isSame(last.mx, wanted.mx)) return { kind: 'published', difference };
  return { kind: written.kind === 'done' ? 'differs' : 'changed', stands: last.mx, difference };
}

/** What stands there, or why that is not known. */
async function readMx(
  { zone, server }: PublishedZone,
  domain: string,
  { authoritative, signal }: PublishOptions,
): Promise<StandingMx | string> {
  const answer = await authoritative.ask({ server, name: domain, type: 'MX', zone }, { signal });
  switch (answer.kind) {
    case 'found':
      return { mx: answer.records, ttlSeconds: answer.ttlSeconds };
    case 'nodata':
    case 'nxdomain':
      return { mx: [] };
    case 'alias':
      return `${domain} is another name for ${answer.target} (a CNAME record): beside it there can be no MX records`;
    case 'referral':
      return `${server} has delegated ${answer.zone} to other servers`;
    case 'fault':
      return `${server}: ${answer.detail}`;
  }
}

/** A server may answer from what it had for a moment. */
async function readBack(at: PublishedZone, wanted: Wanted, options: PublishOptions): Promise<StandingMx | string> {
  const { monotonicMs = () => performance.now(), signal } = options;
  const untilMs = monotonicMs() + PUBLISH_SEEN_MS;
  for (;;) {
    const standing = await readMx(at, wanted.domain, options);
    if (typeof standing !== 'string' && isSame(standing.mx, wanted.mx)) return standing;
    if (monotonicMs() >= untilMs || signal?.aborted === true) return standing;
    await pause(READ_BACK_EVERY_MS, signal);
  }
}

function differenceOf({ mx, ttlSeconds = PUBLISH_TTL_SECONDS }: StandingMx, wanted: Wanted): Difference {
  const [there, wantedKeys] = [new Set(mx.map(keyOf)), new Set(wanted.mx.map(keyOf))];
  return {
    remove: mx.filter((one) => !wantedKeys.has(keyOf(one))),
    add: wanted.mx.filter((one) => !there.has(keyOf(one))),
    ttlSeconds,
  };
}

/** Whether both say the same, in whatever order. */
export function isSame(one: readonly Mx[], other: readonly Mx[]): boolean {
  return one.map(keyOf).toSorted().join() === other.map(keyOf).toSorted().join();
}

function keyOf({ preference, exchange }: Mx): string {
  return `${preference} ${exchange.toLowerCase()}`;
}
