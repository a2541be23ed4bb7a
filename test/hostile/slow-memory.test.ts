import { residentOfMx } from '@vratny/support/resident';
import { holdSlowClients, SLOW_KIND_TEXT, SLOW_KINDS } from '@vratny/support/slow-clients';
import { startWorldHost } from '@vratny/support/world-host';
import { describe, expect, test } from 'vitest';

const CLIENTS = 2_000;
/** What the first ones bring into memory (code, pools) belongs to the process and not to them. */
const FIRST = 50;
const EACH_MAX_KIB = 30;

describe(`${CLIENTS} slow clients cost less than ${EACH_MAX_KIB} KiB each`, () => {
  test.each(SLOW_KINDS.map((kind) => [SLOW_KIND_TEXT[kind], kind] as const))('%s', async (_text, kind) => {
    await using host = await startWorldHost({ host: 'a10', workers: 2 });
    {
      await using _first = await holdSlowClients(host.mx.port, kind, FIRST);
    }
    const before = residentOfMx(host.mx.pid).mx;
    await using slow = await holdSlowClients(host.mx.port, kind, CLIENTS, FIRST);
    const each = (residentOfMx(host.mx.pid).mx - before) / 1024 / CLIENTS;
    expect(slow.trouble()).toBeUndefined();
    expect(each).toBeLessThan(EACH_MAX_KIB);
  });
});
