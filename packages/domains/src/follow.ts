import { type DomainState, type Finding, heldUntil, judge, latest } from './judge.ts';
import { judgeLook } from './judge-answers.ts';
import { CACHE_MAX_MS, CACHE_PATIENCE_MS, CARRIED_MS } from './limits.ts';
import type { Look, ServerSaid } from './look.ts';
import type { Wanted } from './wanted.ts';

/** A domain as it is known after one look or more: plain data, which the next look goes on from. */
export interface Followed extends Finding {
  /** The first look that came to this state. */
  readonly since: Date;
  readonly lookedAt: Date;
  /** `partly` or `wrong` in two looks: somebody should be told. */
  readonly alarm: boolean;
  readonly memory: Memory;
}

/** What the next look needs. */
interface Memory {
  /** The MX records that were wanted. */
  readonly key: string;
  readonly look: Look;
  /** Another state that one look came to, and when. It counts when the next look says so too. */
  readonly pending?: { readonly state: DomainState; readonly since: Date };
  readonly oldUntil?: Date;
  readonly settled: boolean;
  /** The largest TTL of an old answer. */
  readonly oldTtlSeconds: number;
  /** Resolvers that answer otherwise, and since when. */
  readonly behind: Readonly<Record<string, Date>>;
}

/**
 * Joins a look to what is known of a domain. Pure. A state changes when two looks one after the other say so, so a single lost answer changes nothing,
 * and no alarm comes from one look. Caches never turn it back: while the name servers are right it is `spreading` until the last old answer has run out,
 * and then `right`, whichever cache a resolver answers from. A name server that falls silent counts with its last answer for a day.
 */
export function follow(previous: Followed | undefined, wanted: Wanted, seen: Look): Followed {
  const key = wanted.mx.map(({ preference, exchange }) => `${preference} ${exchange}`).join();
  const look = carried(previous?.memory.look, seen);
  const caches = watchCaches(previous?.memory, wanted, key, look);
  const overdue = Object.entries(caches.behind)
    .filter(([, since]) => look.at.getTime() - since.getTime() > Math.max(CACHE_PATIENCE_MS, 2000 * caches.oldTtlSeconds))
    .map(([label]) => label);
  const finding = judge(wanted, look, { ...caches, overdue });
  const memory: Memory = { key, look, ...caches, settled: caches.settled || finding.state === 'right' };
  const since = look.at;
  if (previous === undefined || previous.memory.key !== key) return { ...finding, since, lookedAt: since, alarm: false, memory };
  if (previous.state === finding.state) {
    return { ...finding, since: previous.since, lookedAt: look.at, alarm: isAlarming(finding.state), memory };
  }
  const { pending } = previous.memory;
  if (pending?.state === finding.state) {
    return { ...finding, since: pending.since, lookedAt: look.at, alarm: isAlarming(finding.state), memory };
  }
  const worsens = pending !== undefined && isAlarming(pending.state) && isAlarming(finding.state);
  // Two looks that something is amiss are two looks, even when they do not agree how much: the milder state is certain.
  if (worsens && !isAlarming(previous.state) && finding.state === 'partly')
    return { ...finding, since: pending.since, lookedAt: look.at, alarm: true, memory };
  return {
    ...previous,
    evidence: finding.evidence,
    lookedAt: look.at,
    memory: { ...memory, settled: caches.settled, pending: { state: finding.state, since: worsens ? pending.since : look.at } },
  };
}

function isAlarming(state: DomainState): boolean {
  return state === 'partly' || state === 'wrong';
}

/** The look, with the last answers of servers that are silent now. */
function carried(before: Look | undefined, look: Look): Look {
  if (before === undefined) return look;
  const known = new Map(before.servers.map((server) => [server.address, server]));
  const servers = look.servers.map((server): ServerSaid => {
    const last = known.get(server.address);
    const { said } = server;
    if (said.kind !== 'silent' || !SILENT.has(said.fault) || last === undefined || last.said.kind === 'silent') return server;
    if (look.at.getTime() - last.at.getTime() > CARRIED_MS) return server;
    return { ...last, silentNow: 'no answer' };
  });
  return { ...look, servers };
}

/** Faults that say nothing of what the server has. */
const SILENT: ReadonlySet<string> = new Set(['timeout', 'unreachable', 'busy', 'aborted']);

type CacheMemory = Pick<Memory, 'oldUntil' | 'oldTtlSeconds' | 'settled' | 'behind'>;

/** What is known of caches after this look. */
function watchCaches(memory: Memory | undefined, wanted: Wanted, key: string, look: Look): CacheMemory {
  const { answered, resolved } = judgeLook(wanted, look);
  if (answered.length === 0 && memory?.key === key) return memory;
  const isRight = answered.length > 0 && answered.every(({ verdict }) => verdict.state === 'right');
  if (!isRight) return { settled: false, oldTtlSeconds: 0, behind: {} };
  const old = resolved.filter(({ verdict }) => verdict.state !== 'right');
  const before = memory === undefined ? [] : judgeLook(wanted, memory.look).answered.filter(({ verdict }) => verdict.state !== 'right');
  // The records have just become right, or this is the first look.
  const known = memory?.key === key && before.length === 0 ? memory : { settled: false, oldTtlSeconds: 0, behind: {} };
  const ttls = [...old, ...before].map(({ said }) => Math.min(said.ttlSeconds, CACHE_MAX_MS / 1000));
  // What the name servers said before may be in caches for its TTL, counted from this look on: they may have said it until now.
  const oldUntil = latest(['oldUntil' in known ? known.oldUntil : undefined, ...ttls.map((seconds) => heldUntil(look.at, seconds))]);
  const labels = old.map(({ from }) => from.label);
  const behind: Readonly<Record<string, Date>> = known.behind;
  // One right answer shows that it has no view of its own.
  const well = resolved.filter(({ verdict }) => verdict.state === 'right').map(({ from }) => from.label);
  const kept = Object.entries(behind).filter(([label]) => !well.includes(label));
  return {
    ...(oldUntil === undefined ? {} : { oldUntil }),
    oldTtlSeconds: Math.max(known.oldTtlSeconds, ...ttls),
    settled: known.settled,
    behind: Object.fromEntries([...labels.map((label) => [label, look.at] as const), ...kept]),
  };
}
