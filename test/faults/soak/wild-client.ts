import type { AttemptMoments } from '../ledger/attempt.ts';
import { closeWritingSide, leave, vanishAfter, vanishBefore, type Way } from '../vanish/vanish.ts';
import { drawOne, type Random, within } from './plan.ts';

/** How a client behaves at one attempt: mostly well. `tell` hears of what it does otherwise. */
export function wildMoments(random: Random, tell: (what: string) => void): AttemptMoments {
  const way: Way = random() < 0.5 ? 'reset' : 'close';
  const ms = within([0, 300], random);
  const draw = random();
  const moments: readonly (readonly [number, string | undefined, AttemptMoments])[] = [
    [80, undefined, {}],
    [
      5,
      'client: gone within the message',
      { converse: (client, wire) => vanishBefore(client, wire, 1 + Math.floor(draw * (wire.length - 1)), way) },
    ],
    [7, 'client: gone before the reply', { converse: (client, wire) => vanishAfter(client, wire, ms, way) }],
    [3, 'client: half-close', { converse: closeWritingSide }],
    [5, 'client: gone after the reply', { afterReply: async (client) => leave(client, way) }],
  ];
  const [what, chosen] = drawOne(
    moments.map(([share, name, one]) => [share, [name, one] as const] as const),
    random,
  );
  if (what !== undefined) tell(what);
  return chosen;
}
