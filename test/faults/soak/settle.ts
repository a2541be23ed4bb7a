import { type ClientLedger, pendingOf } from '../ledger/client-ledger.ts';
import { drain, tryOnce } from '../ledger/drain.ts';
import type { SoakNode } from './nodes.ts';
import type { SoakRedis } from './soak-redis.ts';

/** At once, since there may be thousands. */
const SENDERS = 8;
const ROUNDS = 3;

/**
 * All trouble is over: each message is tried until it has a final reply. After a fresh start nobody is alive who could hold a lease: what is still
 * held ends now, in place of the two minutes that it lasts.
 */
export async function settle(ledger: ClientLedger, nodes: readonly SoakNode[], redis: SoakRedis): Promise<void> {
  for (const node of nodes) await node.restart();
  await redis.expireLeases(new Date());
  const port = (at: number) => nodes[at % nodes.length]?.port() ?? 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const waiting = ledger.entries.filter((entry) => pendingOf(entry).length > 0).values();
    const senders = Array.from({ length: SENDERS }, async (_none, at) => {
      for (const entry of waiting) await tryOnce(ledger, entry, port(at));
    });
    await Promise.all(senders);
  }
  await drain(ledger, { port: () => port(0) });
}
