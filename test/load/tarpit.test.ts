import { expect, it } from 'vitest';
import { loadTarpit } from './tarpit-load.ts';

it('holds a few hundred connections of several processes, each for little memory', async () => {
  const load = await loadTarpit({ connections: 600, servers: 1, clients: 2, delayMs: 0 });
  expect(load.connections).toBe(600);
  // With so few the noise of a process weighs more than in the full run (`node test/load/tarpit.ts`), which says 8 KiB.
  expect(load.bytesPerConnection).toBeLessThan(64 * 1024);
});
