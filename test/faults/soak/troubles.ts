import { setTimeout as pause } from 'node:timers/promises';
import type { Deeds } from '../store/explain-copies.ts';
import type { ScriptedStore } from '../store/scripted-store.ts';
import type { SoakNode } from './nodes.ts';
import { drawOne, type Random, type SoakPlan, within } from './plan.ts';
import type { SoakRedis } from './soak-redis.ts';

/** What there is to make trouble for. */
export interface Victims {
  readonly nodes: readonly SoakNode[];
  readonly store: ScriptedStore;
  readonly redis: SoakRedis;
  /** Each death is written down here. */
  readonly deaths: { at: number; on: number }[];
}

/** Makes trouble until the signal is aborted; everybody is well again when this resolves. Nodes have trouble of their own, beside the others. */
export async function makeTrouble(
  victims: Victims,
  plan: SoakPlan,
  random: Random,
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: (what: string) => void },
): Promise<void> {
  const repeat = async (trouble: () => Promise<string>) => {
    while (!signal.aborted) {
      await pause(within(plan.pauseMs, random), undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) tell(await trouble());
    }
  };
  await Promise.all([repeat(() => troubleNode(victims, random)), repeat(() => troubleOthers(victims, plan, random))]);
}

async function troubleNode({ nodes, deaths }: Victims, random: Random): Promise<string> {
  const on = Math.floor(random() * nodes.length);
  const node = nodes[on];
  if (node === undefined) throw new Error('no nodes');
  const whole = random() < 0.4;
  const death = { at: Date.now(), on };
  deaths.push(death);
  if (whole) {
    await node.killAll();
    return 'kill -9 of a node';
  }
  return node.killWorker(random) ? 'kill -9 of a worker' : 'no worker to kill';
}

async function troubleOthers({ store, redis }: Victims, plan: SoakPlan, random: Random): Promise<string> {
  const awayMs = within(plan.awayMs, random);
  // Seldom the state: while it is away a second copy needs no other cause, and the harness sees less.
  const trouble = drawOne<[string, () => Promise<void>]>(
    [
      [
        3,
        [
          'store killed',
          () =>
            store
              .kill()
              .then(() => pause(awayMs))
              .then(() => store.revive()),
        ],
      ],
      [5, ['store frozen', () => freeze(store, awayMs)]],
      [1, ['Redis killed', () => redis.kill(awayMs)]],
      [2, ['Redis frozen', () => redis.freeze(awayMs)]],
    ],
    random,
  );
  await trouble[1]();
  return trouble[0];
}

async function freeze(store: ScriptedStore, ms: number): Promise<void> {
  store.freeze();
  await pause(ms);
  store.thaw();
}

/** For `explainCopies`: what was done to them. */
export function deedsOf({ deaths, redis, nodes }: Victims, nodeOf: Deeds['nodeOf']): Deeds {
  const alarms = nodes.flatMap((node, on) => node.alarms.map((at) => ({ at, on })));
  return { deaths, absences: redis.absences, alarms, nodeOf };
}
