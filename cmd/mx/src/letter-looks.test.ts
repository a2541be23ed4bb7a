import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSite } from '@vratny/adapters';
import { createMemoryDirectory } from '@vratny/directory/memory';
import { createMemoryDns } from '@vratny/dns/memory';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLetterLooks, type LookParts } from './letter-looks.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vratny-looks-'));
  writeFileSync(join(folder, 'site.yaml'), 'cluster: { domain: thinline.example }\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('a register that a look failed with is closed before the next one is opened', async () => {
  const events: string[] = [];
  const failed: PromiseWithResolvers<void>[] = [Promise.withResolvers(), Promise.withResolvers()];
  const dns = createMemoryDns();
  const open = async (): Promise<LookParts> => {
    events.push('open');
    const register = createMemoryDirectory({ now: () => new Date() });
    const close = async () => {
      events.push('close');
      await register.close();
    };
    const ask = () => Promise.reject(new Error('nobody is asked'));
    return { register: { ...register, close }, world: { dns, resolvers: [], authoritative: { ask } } };
  };
  let faults = 0;
  const onFault = () => {
    events.push('fault');
    failed[faults]?.resolve();
    faults += 1;
  };
  const looks = createLetterLooks(await loadSite(join(folder, 'site.yaml')), onFault, open);
  for (const [at, end] of failed.entries()) {
    // The directory has no such domain.
    looks.ask(`unknown${at}.test`);
    await end.promise;
  }
  await looks.close();
  expect(events).toEqual(['open', 'close', 'fault', 'open', 'close', 'fault']);
});
