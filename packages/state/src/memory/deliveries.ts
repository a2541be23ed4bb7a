import { LEASE_REMEMBERED_MS, LEDGER_MAILBOXES_MAX } from '../limits.ts';
import type { LeaseEnding, Store } from '../store.ts';
import { type BoundedEntries, createBoundedEntries } from './bounded-entries.ts';

interface LedgerEntry {
  readonly mailboxes: ReadonlySet<string>;
  readonly endsAt: number;
}

interface Holding {
  /** Undefined when nobody has it, and only its mark is left. */
  readonly owner: string | undefined;
  readonly heldUntil: number;
  /** The first of the earlier attempts of which it is not known how they ended. */
  readonly since: string | undefined;
  /** Forgotten after this. */
  readonly endsAt: number;
}

/** The part of the store that knows who has a message, and who is delivering it. */
export function createDeliveries(max: number): Pick<Store, 'readLedger' | 'record' | 'drop' | 'take' | 'release'> {
  const ledger = createBoundedEntries<LedgerEntry>(max);
  const leases = createBoundedEntries<Holding>(max);
  const readLedger = (key: string, now: number) => [...(ledger.get(key, now)?.mailboxes ?? [])];
  return {
    readLedger,
    record: (key, mailboxes, { now, endsAt }, ending) => {
      if (ending !== undefined) end(leases, key, now, ending);
      const all = new Set([...readLedger(key, now), ...mailboxes]);
      if (all.size > LEDGER_MAILBOXES_MAX) return false;
      if (all.size > 0) ledger.set(key, { mailboxes: all, endsAt });
      return true;
    },
    drop: (key, mailboxes) => {
      const known = ledger.get(key, Number.NEGATIVE_INFINITY);
      if (known === undefined) return;
      const left = new Set([...known.mailboxes].filter((mailbox) => !mailboxes.includes(mailbox)));
      if (left.size > 0) ledger.set(key, { mailboxes: left, endsAt: known.endsAt });
      else ledger.delete(key);
    },
    take: (key, owner, now, endsAt) => {
      const known = leases.get(key, now);
      if (known !== undefined && known.owner !== owner && holds(known, now)) return undefined;
      // Another owner's lease that is still there ended without a word; a mark without an owner is one.
      const since = known === undefined ? undefined : unresolvedBefore(known, owner);
      leases.set(key, { owner, heldUntil: endsAt, since, endsAt: endsAt + LEASE_REMEMBERED_MS });
      return { mailboxes: readLedger(key, now), since };
    },
    release: (key, owner) => {
      const known = leases.get(key, Number.NEGATIVE_INFINITY);
      if (known?.owner !== owner) return;
      if (known.since !== undefined) leases.set(key, { ...known, owner: undefined });
      else leases.delete(key);
    },
  };
}

function holds(holding: Holding, now: number): boolean {
  return holding.owner !== undefined && holding.heldUntil >= now;
}

function end(leases: BoundedEntries<Holding>, key: string, now: number, { owner, inDoubt }: LeaseEnding): void {
  const known = leases.get(key, now);
  if (!inDoubt) {
    if (known?.owner === owner) leases.delete(key);
    return;
  }
  if (known !== undefined && known.owner !== owner && holds(known, now)) {
    leases.set(key, { ...known, since: known.since ?? owner });
    return;
  }
  const since = (known === undefined ? undefined : unresolvedBefore(known, owner)) ?? owner;
  leases.set(key, { owner: undefined, heldUntil: now, since, endsAt: now + LEASE_REMEMBERED_MS });
}

/** The first attempt before this owner's that is not resolved. Who held a lease that is over ended without a word. */
function unresolvedBefore(known: Holding, owner: string): string | undefined {
  return known.since ?? (known.owner === owner ? undefined : known.owner);
}
