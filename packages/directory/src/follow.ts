import type { Steps } from '@vratny/waiting';
import { ALIAS_DEPTH_MAX, ALIAS_REACH_MAX } from './limits.ts';
import type { Mailbox } from './port.ts';
import type { Entry } from './store.ts';

/** Where an alias leads. */
export interface Reach {
  /** Each once, in the order in which they are met: nearer ones first. */
  readonly mailboxes: readonly Mailbox[];
  /** Addresses on the way that do not exist. */
  readonly missing: readonly string[];
  /** Every address on the way, with the one that first led to it. */
  readonly cameFrom: ReadonlyMap<string, string>;
  /** The bound that ended the walk before its end, if any. */
  readonly cut?: 'depth' | 'reach';
}

/**
 * Follows the targets of an alias to their ends, level by level. No address is visited twice, so that a loop ends by itself: it adds
 * nothing. Depth and number of addresses are bounded.
 */
export function* followAlias(alias: string, entry: Entry, find: (address: string) => Steps<Entry | undefined>): Steps<Reach> {
  const cameFrom = new Map<string, string>();
  const mailboxes = new Map<string, Mailbox>();
  const missing: string[] = [];
  const take = (address: string, found: Entry): readonly string[] => {
    const mailbox = found.kind === 'mailbox' ? found.mailbox : found.own;
    if (mailbox !== undefined && !mailboxes.has(mailbox.address)) mailboxes.set(mailbox.address, mailbox);
    return found.kind === 'mailbox' ? [] : enter(cameFrom, address, found.targets);
  };
  const reach = (): Reach => ({ mailboxes: [...mailboxes.values()], missing, cameFrom });
  let level = take(alias, entry);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > ALIAS_DEPTH_MAX) return { ...reach(), cut: 'depth' };
    if (cameFrom.size > ALIAS_REACH_MAX) return { ...reach(), cut: 'reach' };
    const next: string[] = [];
    for (const address of level) {
      const found = yield* find(address);
      if (found === undefined) missing.push(address);
      else next.push(...take(address, found));
    }
    level = next;
  }
  return reach();
}

/** Notes who led to each address that is new, and returns those. */
function enter(cameFrom: Map<string, string>, from: string, addresses: readonly string[]): string[] {
  const fresh: string[] = [];
  for (const address of addresses) {
    if (cameFrom.has(address)) continue;
    cameFrom.set(address, from);
    fresh.push(address);
  }
  return fresh;
}

/** The way from an alias back to itself, both ends included; undefined when it does not lead there. */
export function findLoop(reach: Reach, alias: string): readonly string[] | undefined {
  if (!reach.cameFrom.has(alias)) return undefined;
  const chain = [alias];
  for (let at = reach.cameFrom.get(alias); at !== undefined && at !== alias; at = reach.cameFrom.get(at)) chain.unshift(at);
  return [alias, ...chain];
}
