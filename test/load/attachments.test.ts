import { startWorldHost } from '@vratny/support/world-host';
import { expect, test } from 'vitest';
import { COSTLY, measureCost } from './attachments-load.ts';

/** Those that need neither a large message nor long. */
const QUICK: Readonly<Record<string, string>> = {
  '300,000 header lines': '552 5.3.4',
  'zip of 60,000 names': '554 5.7.1',
  'zip of 10,000 files': '250 2.0.0',
  'quine zip': '554 5.7.1',
};

test('measures what costly messages do to mx and to another session', async () => {
  await using host = await startWorldHost({ host: 'c10', site: { extra: { limits: { message: '32MiB' } } } });
  for (const [what, reply] of Object.entries(QUICK)) {
    const costly = COSTLY.find((one) => one.what === what);
    if (costly === undefined) throw new Error(`there is no ${what}`);
    const cost = await measureCost(host.mx, { ...costly, times: 1 });
    expect(cost.reply.slice(0, 9), what).toBe(reply);
    expect(cost.replies, what).toBeGreaterThan(0);
    expect(cost.readerBytes > 0, what).toBe(what.includes('zip'));
  }
});
