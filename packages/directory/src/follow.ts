import { ALIAS_DEPTH_MAX, ALIAS_REACH_MAX } from './limits.ts';
import type { Mailbox } from './port.ts';
import { findNamed } from './reserved.ts';
import type { Rows } from './store.ts';

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
export async function followAlias(rows: Rows, alias: string, targets: readonly string[]): Promise<Reach> {
  const cameFrom = new Map<string, string>();
  const mailboxes: Mailbox[] = [];
  const missing: string[] = [];
  const reach = { mailboxes, missing, cameFrom };
  let level = enter(cameFrom, alias, targets);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > ALIAS_DEPTH_MAX) return { ...reach, cut: 'depth' };
    if (cameFrom.size > ALIAS_REACH_MAX) return { ...reach, cut: 'reach' };
    const next: string[] = [];
    for (const address of level) {
      const entry = await findNamed(rows, address);
      if (entry === undefined) missing.push(address);
      else if (entry.kind === 'mailbox') mailboxes.push(entry.mailbox);
      else next.push(...enter(cameFrom, address, entry.targets));
    }
    level = next;
  }
  return reach;
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
