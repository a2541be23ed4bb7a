import { setTimeout as sleep } from 'node:timers/promises';
import { residentOfMx } from '@vratny/support/resident';
import { holdSlowClients, SLOW_KIND_TEXT, SLOW_KINDS } from '@vratny/support/slow-clients';
import { startWorldHost } from '@vratny/support/world-host';
import { describe, expect, test } from 'vitest';

const CLIENTS = 2_000;
/** What the first ones bring into memory (code, pools, a young generation of full size) belongs to the process. They stay, so that nothing is used twice. */
const FIRST = 1_000;
const EACH_MAX_KIB = 30;
const LOOKS = 10;
const BETWEEN_LOOKS_MS = 200;

/** The highest of some looks: what the last clients sent may not have been read when they are all there. */
async function highest(look: () => number): Promise<number> {
  let found = look();
  for (let i = 0; i < LOOKS; i += 1) {
    await sleep(BETWEEN_LOOKS_MS);
    found = Math.max(found, look());
  }
  return found;
}

// What a heap holds at a moment depends on when it was collected: one measurement in some is high.
describe(`${CLIENTS} slow clients cost less than ${EACH_MAX_KIB} KiB each`, { retry: 3 }, () => {
  test.each(SLOW_KINDS.map((kind) => [SLOW_KIND_TEXT[kind], kind] as const))('%s', async (_text, kind) => {
    await using host = await startWorldHost({ host: 'a10', workers: 2 });
    await using _first = await holdSlowClients(host.mx.port, kind, FIRST);
    const before = residentOfMx(host.mx.pid).mx;
    await using slow = await holdSlowClients(host.mx.port, kind, CLIENTS, FIRST);
    const each = ((await highest(() => residentOfMx(host.mx.pid).mx)) - before) / 1024 / CLIENTS;
    expect(slow.trouble()).toBeUndefined();
    expect(each).toBeLessThan(EACH_MAX_KIB);
  });

  // Handshakes are bounded for all together: with as many more clients the host grows by their connections alone.
  test.each(['tls', 'hello'] as const)('of the tarpit that speaks as a mail server: %s', async (kind) => {
    await using host = await startWorldHost({ host: 'c20', site: { extra: { tarpit: { speak: 'mail', delay: '0ms' } } } });
    await using _first = await holdSlowClients(host.mx.port, kind, FIRST);
    const before = residentOfMx(host.mx.pid).mx;
    await using slow = await holdSlowClients(host.mx.port, kind, CLIENTS, FIRST);
    const each = ((await highest(() => residentOfMx(host.mx.pid).mx)) - before) / 1024 / CLIENTS;
    expect(slow.trouble()).toBeUndefined();
    expect(each).toBeLessThan(EACH_MAX_KIB);
  });
});
