import { join } from 'node:path';
import { setInterval } from 'node:timers';
import { createRandom } from '../form.ts';
import type { Attempt } from '../ledger/attempt.ts';
import { type ClientLedger, createClientLedger, pendingOf } from '../ledger/client-ledger.ts';
import { type Comparison, compare } from '../ledger/compare.ts';
import { makeMessage } from '../ledger/message.ts';
import { type Deeds, explainCopies } from '../store/explain-copies.ts';
import type { KeptCopy } from '../store/kept-copy.ts';
import { startScriptedStore } from '../store/scripted-store.ts';
import { makeFaultWorld } from '../world.ts';
import { startNode } from './nodes.ts';
import { drawOne, type Random, type SoakPlan, within } from './plan.ts';
import { sendAll } from './senders.ts';
import { settle } from './settle.ts';
import { startSoakRedis } from './soak-redis.ts';
import { deedsOf, makeTrouble, type Victims } from './troubles.ts';
import { wildScript } from './wild-store.ts';

/** What a soak came to. */
export interface SoakResult {
  readonly plan: SoakPlan;
  readonly ledger: ClientLedger;
  readonly comparison: Comparison;
  /** How often each thing was done. */
  readonly counts: ReadonlyMap<string, number>;
  readonly kept: readonly KeptCopy[];
  readonly deeds: Deeds;
  /** Messages without a final reply when all trouble was over. */
  readonly drained: number;
  readonly seconds: number;
}

/** Ends it early when aborted: what was sent by then is drained and compared. `onProgress` hears one line each second. */
export interface SoakControl {
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

const MAILBOXES = 60;
const SENDERS = 200;
const LIMITS = { recipients: 10, connectionsPerIp: 1_000, failedRecipients: 1_000 };

/** Two hosts of one site, one Redis, one store, many senders, and trouble for all of them; then peace, and everything is looked at. */
export async function runSoak(plan: SoakPlan, { signal, onProgress }: SoakControl): Promise<SoakResult> {
  const started = performance.now();
  const random = createRandom(plan.seed);
  const counts = new Map<string, number>();
  const tell = (what: string) => void counts.set(what, (counts.get(what) ?? 0) + 1);
  await using stack = new AsyncDisposableStack();
  const store = stack.use(await startScriptedStore(wildScript(random, tell)));
  const redis = stack.adopt(await startSoakRedis(), (one) => one.stop());
  const site = { extra: { delivery: store.url, limits: LIMITS } };
  const world = stack.use(await makeFaultWorld({ mailboxes: MAILBOXES, state: redis.url, site }));
  const cache = join(world.site.folder, 'compiled');
  const startHost = async (host: string) => stack.adopt(await startNode(world.site.siteFile, host, cache), (node) => node.stop());
  const first = await startHost('a10');
  await first.restart();
  const victims: Victims = { nodes: [first, await startHost('a20')], store, redis, deaths: [] };
  const mailboxes = Array.from({ length: MAILBOXES }, () => world.nextMailbox());

  const ledger = createClientLedger();
  const nodeOf = new Map<Attempt, number>();
  const progress = { sent: 0 };
  const peace = new AbortController();
  const timer = setInterval(() => onProgress(describe(progress.sent, plan, counts)), 1_000);
  try {
    const newMessage = (at: number) => drawMessage(at, mailboxes, random);
    const trouble = makeTrouble(victims, plan, random, { signal: peace.signal, tell });
    const sending = sendAll({ ledger, nodes: victims.nodes, plan, random, newMessage, tell, nodeOf, signal }, progress);
    await Promise.race([sending, trouble]).finally(() => peace.abort());
    await Promise.all([sending, trouble]);
    const drained = ledger.entries.filter((entry) => pendingOf(entry).length > 0).length;
    await settle(ledger, victims.nodes, redis);
    const deeds = deedsOf(victims, (attempt) => nodeOf.get(attempt));
    explainCopies(ledger, store.kept, deeds);
    const comparison = compare(ledger, store.kept);
    const seconds = Math.round((performance.now() - started) / 1_000);
    return { plan, ledger, comparison, counts, kept: store.kept, deeds, drained, seconds };
  } finally {
    clearInterval(timer);
  }
}

function drawMessage(at: number, mailboxes: readonly string[], random: Random) {
  const count = within([1, 5], random);
  const recipients = new Set(Array.from({ length: count }, () => mailboxes[Math.floor(random() * mailboxes.length)] ?? ''));
  // Above 256 KiB a message is spooled to disk.
  const bodyBytes = drawOne<number>(
    [
      [900, 300],
      [90, 8_000],
      [10, 300_000],
    ],
    random,
  );
  // Greylisting does not hold up this top-level domain; `s` stands for the many senders that have nothing to do with each other.
  return makeMessage(`soak-${at}`, [...recipients], { bodyBytes, sender: `s${at % SENDERS}@sender.cz` });
}

function describe(sent: number, plan: SoakPlan, counts: ReadonlyMap<string, number>): string {
  const kills = (counts.get('kill -9 of a worker') ?? 0) + (counts.get('kill -9 of a node') ?? 0);
  return `${sent} of ${plan.messages} messages, ${kills} kills`;
}
