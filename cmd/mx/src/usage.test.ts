import type { UsageChange } from '@vratny/directory';
import { expect, it } from 'vitest';
import { USAGE_BATCH } from './limits.ts';
import { createUsageWriter } from './usage.ts';

it('writes many mailboxes in transactions of a thousand, and what is written already is not written again after a failure', async () => {
  const faults: string[] = [];
  const written: UsageChange[] = [];
  const sizes: number[] = [];
  let failing = true;
  const writer = createUsageWriter(
    async () => ({
      writeUsage: async (changes) => {
        if (failing && sizes.length === 1) throw new Error('locked');
        sizes.push(changes.length);
        written.push(...changes);
      },
      close: async () => undefined,
    }),
    (detail) => faults.push(detail),
  );
  const changes = Array.from({ length: 2 * USAGE_BATCH + 1 }, (_, at) => ({ address: `a${at}@one.test`, addedBytes: 1 }));
  writer.write(changes);
  await writer.flush();
  expect([sizes, faults]).toEqual([[USAGE_BATCH], ['how much mailboxes hold was not written: locked']]);
  failing = false;
  writer.write([{ address: 'a0@one.test', addedBytes: 5 }]);
  await writer.close();
  expect(sizes).toEqual([USAGE_BATCH, USAGE_BATCH, 2]);
  const sums = new Map<string, number>();
  for (const { address, addedBytes } of written) sums.set(address, (sums.get(address) ?? 0) + addedBytes);
  expect([sums.size, sums.get('a0@one.test'), sums.get('a1500@one.test')]).toEqual([changes.length, 6, 1]);
});
