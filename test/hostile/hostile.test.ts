import { connectAttacker } from '@vratny/support/attacker';
import { residentOfMx } from '@vratny/support/resident';
import { startWorldHost, type WorldHost } from '@vratny/support/world-host';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ATTACKS, attack } from './attacks.ts';

const MIB = 1024 * 1024;
const GROWTH_MAX = 64 * MIB;
/** From the last octet to the end of the connection. */
const WAIT_MS = 30_000;

describe('attacks that send much', () => {
  let host: WorldHost;
  let addresses = 0;
  const nextAddress = () => {
    addresses += 1;
    return `127.1.${addresses}.1`;
  };

  beforeAll(async () => {
    host = await startWorldHost({ host: 'a10', workers: 1, site: { limits: { message: '4MiB', recipients: 4, failedRecipients: 6 } } });
    // What the first ones bring into memory (code, pools) belongs to the process and not to an attack.
    for (const one of ATTACKS.slice(0, 8)) await attack(host.mx, nextAddress(), one, WAIT_MS);
  });
  afterAll(() => host?.[Symbol.asyncDispose]());

  test.each(ATTACKS)('$name', async (one) => {
    const before = residentOfMx(host.mx.pid).mx;
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, residentOfMx(host.mx.pid).mx);
    }, 50);
    const { replies, end } = await attack(host.mx, nextAddress(), one, WAIT_MS).finally(() => clearInterval(watch));
    expect(replies.at(-1)).toMatch(one.reply);
    // After a reset, what was sent before it may be lost: here it was read.
    if (one.afterwards === 'open') expect(end).toBe('open');
    else expect(end).not.toBe('open');
    expect((most - before) / MIB).toBeLessThan(GROWTH_MAX / MIB);
    expect(await greeting(host, nextAddress())).toMatch(/^220 /u);
  });

  test('no worker was lost', () => {
    const lost = host.mx.journal().filter((line) => /"(?:worker-lost|fault)"/u.test(JSON.stringify(line)));
    expect(lost.filter((line) => !JSON.stringify(line).includes('antispam'))).toEqual([]);
  });
});

async function greeting(host: WorldHost, from: string): Promise<string | undefined> {
  const client = await connectAttacker(host.mx.port, from);
  try {
    return await client.reply();
  } finally {
    client.destroy();
  }
}
