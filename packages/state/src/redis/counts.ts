import { NODE_KEPT_MS, NODES_MAX, REDIS_SLACK_MS } from '../limits.ts';
import type { Store, StoredBeat } from '../store.ts';
import type { Ask } from './ask.ts';
import type { RedisKeys } from './keys.ts';
import { toList, toNumber, toText } from './replies.ts';
import { BEAT, COUNT, HIT, NODES } from './scripts.ts';

/** The part of the store that counts. */
export function createCounts(ask: Ask, keys: RedisKeys): Pick<Store, 'hit' | 'count'> {
  return {
    hit: async (name, now, endsAt) => toNumber(await ask(HIT, [keys.of('counter', name)], [now, endsAt, endsAt - now + REDIS_SLACK_MS])),
    count: async (name, now) => toNumber(await ask(COUNT, [keys.of('counter', name)], [now])),
  };
}

/** The part of the store that knows the nodes: one pair of keys for all of them. */
export function createBeats(ask: Ask, keys: RedisKeys): Pick<Store, 'beat' | 'nodes'> {
  const both = [keys.of('node-seen', 'all'), keys.of('node-info', 'all')];
  return {
    beat: async (node, info, now) => {
      await ask(BEAT, both, [node, info, now, now - NODE_KEPT_MS, NODES_MAX, NODE_KEPT_MS + REDIS_SLACK_MS]);
    },
    nodes: async (now) => {
      const flat = toList(await ask(NODES, both, [now - NODE_KEPT_MS]));
      const beats: StoredBeat[] = [];
      for (let i = 0; i + 2 < flat.length; i += 3) {
        beats.push({ node: toText(flat[i]), seenAt: toNumber(flat[i + 1]), info: toText(flat[i + 2]) });
      }
      return beats;
    },
  };
}
