import { setTimeout as sleep } from 'node:timers/promises';
import { type Attacker, connectAttacker } from '@vratny/support/attacker';
import { startWorldHost } from '@vratny/support/world-host';
import { expect, test } from 'vitest';

const ONE = '127.66.6.6';
const SECONDS = 3;
const PER_SECOND = 2_000;
const BATCHES_PER_SECOND = 20;
const OTHERS = 50;
const WORKERS = 2;
/** Of one address at once, by default. */
const PER_ADDRESS = 50;

test('2,000 connections a second from one address: each gets a word, few are let in, and others notice nothing', async () => {
  await using host = await startWorldHost({ host: 'a10', workers: WORKERS });
  const open: Attacker[] = [];
  const call = async (from: string): Promise<string> => {
    const client = await connectAttacker(host.mx.port, from);
    open.push(client);
    return (await client.reply()) ?? `nothing: ${client.ending().end}`;
  };
  const words: Promise<string>[] = [];
  const others: Promise<string>[] = [];
  try {
    for (let batch = 0; batch < SECONDS * BATCHES_PER_SECOND; batch += 1) {
      words.push(...Array.from({ length: PER_SECOND / BATCHES_PER_SECOND }, () => call(ONE)));
      if (others.length < OTHERS) others.push(call(`127.67.${batch}.1`));
      await sleep(1_000 / BATCHES_PER_SECOND);
    }
    const counts = Object.groupBy(await Promise.all(words), (line) => line.slice(0, 9));
    const kinds = Object.entries(counts).map(([word, lines]) => [word.startsWith('220') ? '220' : word, lines?.length ?? 0] as const);
    expect(kinds.map(([word]) => word).sort((a, b) => a.localeCompare(b))).toEqual(['220', '421 4.7.0']);
    const greeted = kinds.find(([word]) => word === '220')?.[1] ?? 0;
    expect(greeted).toBeGreaterThanOrEqual(PER_ADDRESS - WORKERS);
    expect(greeted).toBeLessThanOrEqual(PER_ADDRESS + WORKERS);
    expect((await Promise.all(others)).filter((line) => !line.startsWith('220 '))).toEqual([]);
  } finally {
    for (const client of open) client.destroy();
  }
});
