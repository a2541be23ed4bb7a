import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DirectoryFault, type Domain } from '../port.ts';
import { openStore } from '../sqlite.ts';
import { createAdoptedRegister } from './register.ts';

const COUNT = 120_000;
const START = new Date('2026-01-01T00:00:00Z');

it('lists domains of a hosting database page by page beyond a hundred thousand, each once, with what the overlay has of them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vratny-adopted-'));
  const domains: readonly Domain[] = Array.from({ length: COUNT }, (_, at) => ({
    name: `d${String(at).padStart(6, '0')}.test`,
    letter: 'd',
  }));
  let [listed, away] = [0, true];
  const found = (names: readonly string[]) => new Map(domains.filter(({ name }) => names.includes(name)).map((one) => [one.name, one]));
  const register = createAdoptedRegister({
    source: {
      findDomains: async (names) => {
        // More in one statement are more than databases take.
        expect(names.length).toBeLessThan(20);
        return found(names);
      },
      findEntries: async () => new Map(),
      hasDomains: async () => true,
      listStores: async () => [],
    },
    listDomains: async (limit) => {
      listed += 1;
      if (away) throw new DirectoryFault('away');
      return domains.slice(0, limit);
    },
    overlay: await openStore({ path: join(folder, 'overlay.db'), now: () => START }),
    now: () => START,
    mailboxes: 'directory',
    close: async () => undefined,
  });
  try {
    await expect(register.pageDomains({ limit: 10 })).rejects.toThrow('away');
    away = false;
    await register.setPolicy('d110000.test', 'b', START, 'test');
    const names = new Set<string>();
    let [after, letters] = ['', 'd'];
    for (;;) {
      const page = await register.pageDomains({ limit: 10_000, after });
      for (const { name, letter } of page) {
        names.add(name);
        if (name === 'd110000.test') letters = letter;
      }
      if (page.length < 10_000) break;
      after = page.at(-1)?.name ?? '';
    }
    expect([names.size, letters, listed]).toEqual([COUNT, 'b', 2]);
  } finally {
    await register.close();
    rmSync(folder, { recursive: true });
  }
}, 60_000);
