import { describe, expect, test } from 'vitest';
import { NODE_KEPT_MS, NODES_MAX } from '../limits.ts';
import { after, type OpenState, START, withState } from './opened.ts';

/** Counters and heartbeats. */
export function describeCounting(open: OpenState): void {
  describe('counters', () => {
    test('a span begins with the first hit and includes its end', () =>
      withState(open, async (turn) => {
        const hit = (ms: number) => turn().counters.hit('crash', after(ms), 1000);
        expect(await turn().counters.count('crash', START)).toBe(0);
        expect([await hit(0), await hit(500), await hit(1000)]).toEqual([1, 2, 3]);
        expect(await turn().counters.count('crash', after(1000))).toBe(3);
        expect(await turn().counters.count('crash', after(1001))).toBe(0);
        expect([await hit(1001), await hit(2001), await hit(2002)]).toEqual([1, 2, 1]);
      }));

    test('each name has its own count, and hits at once are all counted', () =>
      withState(open, async (turn) => {
        const hits = await Promise.all(Array.from({ length: 100 }, (_, i) => turn().counters.hit(`n${i % 2}`, START, 1000)));
        for (const half of [0, 1]) {
          const counts = hits.filter((_, i) => i % 2 === half).sort((one, other) => one - other);
          expect(counts).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
        }
      }));
  });

  describe('heartbeats', () => {
    test('the last beat of each node, by name, until it was silent for too long', () =>
      withState(open, async (turn) => {
        await turn().heartbeats.beat('b10-2', { host: 'b10', clients: 1 }, START);
        await turn().heartbeats.beat('a10-1', { host: 'a10', clients: 7 }, after(5));
        await turn().heartbeats.beat('b10-2', { host: 'b10', clients: 2 }, after(10));
        expect(await turn().heartbeats.nodes(after(20))).toEqual([
          { node: 'a10-1', info: { host: 'a10', clients: 7 }, seenAt: after(5) },
          { node: 'b10-2', info: { host: 'b10', clients: 2 }, seenAt: after(10) },
        ]);
        expect(await turn().heartbeats.nodes(after(5 + NODE_KEPT_MS))).toHaveLength(2);
        expect((await turn().heartbeats.nodes(after(6 + NODE_KEPT_MS))).map(({ node }) => node)).toEqual(['b10-2']);
      }));

    test('when there are too many, the ones silent for longest go', () =>
      withState(open, async (turn) => {
        for (let i = 0; i <= NODES_MAX; i++) await turn().heartbeats.beat(`n${i}`, {}, after(i));
        const nodes = (await turn().heartbeats.nodes(after(NODES_MAX))).map(({ node }) => node);
        expect(nodes).toHaveLength(NODES_MAX);
        expect(nodes).not.toContain('n0');
      }));
  });
}
