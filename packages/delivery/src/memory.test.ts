import { contentOf } from '@vratny/message';
import { parseRefusal } from '@vratny/smtp';
import { expect, test } from 'vitest';
import { describeDelivery } from './contract.ts';
import { createMemoryDelivery } from './memory.ts';

async function create() {
  const delivery = createMemoryDelivery();
  return {
    delivery,
    stored: async (address: string) => delivery.stored.filter((message) => message.address === address).map((message) => message.bytes),
    empty: async (address: string) => delivery.empty(address),
    leftovers: async () => [],
    dispose: () => Promise.resolve(),
  };
}
describeDelivery('memory', create, { countsQuota: true, looksForEarlier: true });

test('addresses answer as they were told, with texts that are refusals', async () => {
  const delivery = createMemoryDelivery({ full: new Set(['full@x']), unknown: new Set(['unknown@x']), fault: new Set(['fault@x']) });
  const targets = ['full@x', 'unknown@x', 'fault@x', 'fine@x'].map((address) => ({ address, usedBytes: 0 }));
  const { signal } = new AbortController();
  const admissions = await Promise.all(targets.map(async (target) => delivery.admits(target, 1, signal)));
  expect(admissions.map((admission) => admission.kind)).toEqual(['full', 'unknown', 'fault', 'room']);
  const copies = targets.map((target) => ({ target, stamps: '' }));
  const outcomes = await delivery.deliver({
    sender: null,
    content: contentOf(Buffer.from('x\r\n')),
    omit: [],
    key: '00'.repeat(32),
    resumed: false,
    confirm: async () => true,
    copies,
    signal,
  });
  expect(outcomes.map((outcome) => outcome.kind)).toEqual(['refused', 'refused', 'delayed', 'stored']);
  const texts = outcomes.flatMap((outcome) => (outcome.kind === 'refused' ? [outcome.text] : []));
  expect(texts.map((text) => parseRefusal(text))).toEqual(texts);
});
