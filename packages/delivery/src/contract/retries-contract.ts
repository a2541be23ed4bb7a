import { contentOf } from '@vratny/message';
import { describe, expect, test } from 'vitest';
import type { DeliveryRequest } from '../port.ts';
import type { DeliveryHarness, DeliveryTraits } from './harness.ts';
import { ALICE, BOB, KEY, MESSAGE, requestFor } from './harness.ts';

const COPIES = [
  { target: ALICE, stamps: '' },
  { target: BOB, stamps: '' },
];

/** The rows of the contract about what may be stored, and what an earlier attempt has stored already. */
export function describeRetries(harness: () => DeliveryHarness, { looksForEarlier }: DeliveryTraits): void {
  const counts = async () => Promise.all([ALICE, BOB].map(async ({ address }) => (await harness().stored(address)).length));
  async function kinds(parts: Partial<DeliveryRequest>): Promise<readonly string[]> {
    const outcomes = await harness().delivery.deliver(requestFor({ copies: COPIES, ...parts }));
    return outcomes.map((outcome) => (outcome.kind === 'delayed' && outcome.uncertain === true ? 'uncertain' : outcome.kind));
  }

  describe('confirmation', () => {
    test.each<[string, DeliveryRequest['confirm']]>([
      ['no', async () => false],
      ['a fault', async () => Promise.reject(new Error('the state is away'))],
    ])('%s: delayed for certain, nothing stored, nothing left', async (_what, confirm) => {
      expect(await kinds({ confirm })).toEqual(['delayed', 'delayed']);
      expect([await counts(), await harness().leftovers()]).toEqual([[0, 0], []]);
    });
    test('no answer before the end is no', async () => {
      const ending = new AbortController();
      const confirm = () => {
        queueMicrotask(() => ending.abort());
        return new Promise<boolean>(() => undefined);
      };
      expect(await kinds({ confirm, signal: ending.signal })).toEqual(['delayed', 'delayed']);
      expect([await counts(), await harness().leftovers()]).toEqual([[0, 0], []]);
    });
    test('it is asked when nothing is stored yet, and not for what is not there to be stored', async () => {
      const seen: number[][] = [];
      const confirm = async () => seen.push(await counts()) > 0;
      expect(await kinds({ confirm, copies: COPIES.slice(0, 1) })).toEqual(['stored']);
      expect(seen).toEqual([[0, 0]]);
      expect(await kinds({ confirm, copies: [] })).toEqual([]);
      expect(seen).toHaveLength(1);
    });
  });

  test('a message that is not the one that was scanned is not stored', async () => {
    const content = { ...contentOf(Buffer.from(MESSAGE.toString().replace('NO', 'no'))), sha256: contentOf(MESSAGE).sha256 };
    // Also when the octets that differ are left out.
    for (const omit of [[], [{ start: 0, end: 17 }]]) expect(await kinds({ content, omit })).toEqual(['delayed', 'delayed']);
    expect([await counts(), await harness().leftovers()]).toEqual([[0, 0], []]);
  });

  describe('an earlier attempt', () => {
    const twice = looksForEarlier ? 1 : 2;
    test('that was not resumed counts for nothing: equal messages are as many as were sent', async () => {
      for (let i = 0; i < 3; i += 1) expect(await kinds({})).toEqual(['stored', 'stored']);
      expect(await counts()).toEqual([3, 3]);
    });
    test('is found by each mailbox that has it, and the others get it', async () => {
      await kinds({ copies: COPIES.slice(0, 1) });
      const confirm = async () => !looksForEarlier || (await counts())[1] === 0;
      expect(await kinds({ resumed: true, confirm })).toEqual(['stored', 'stored']);
      expect(await counts()).toEqual([twice, 1]);
      expect(await kinds({ resumed: true, confirm: async () => !looksForEarlier })).toEqual(['stored', 'stored']);
    });
    test('of another message is another message', async () => {
      await kinds({ key: KEY.replace('0', 'f') });
      expect(await kinds({ resumed: true })).toEqual(['stored', 'stored']);
      expect(await counts()).toEqual([2, 2]);
    });
    test('that stored one of two copies for one mailbox leaves one to be stored', async () => {
      const alice = COPIES.slice(0, 1);
      await kinds({ copies: alice });
      expect(await kinds({ resumed: true, copies: [...alice, ...alice] })).toEqual(['stored', 'stored']);
      expect(await counts()).toEqual([twice + 1, 0]);
    });
  });
}
