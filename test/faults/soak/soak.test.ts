import { expect, test } from 'vitest';
import { SEED } from '../form.ts';
import { SHORT } from './plan.ts';
import { runSoak } from './run-soak.ts';
import { formatSoak } from './table.ts';

test('a short soak: nothing lost, nothing torn, every second copy explained', async () => {
  const result = await runSoak({ ...SHORT, seed: SEED }, { signal: new AbortController().signal, onProgress: () => undefined });
  console.log(formatSoak(result));
  expect(result.comparison.problems).toEqual([]);
  expect(result.ledger.entries).toHaveLength(SHORT.messages);
  expect(result.comparison.acceptedRecipients).toBeGreaterThan(SHORT.messages);
});
