import { expect, test } from 'vitest';
import { describeArchives } from './contract.ts';
import { createMemoryArchives } from './memory.ts';

describeArchives('archives in this process', () => ({ archives: createMemoryArchives() }));

test('closed', async () => {
  const archives = createMemoryArchives();
  await archives.close();
  const bytes = (async function* () {
    yield await Promise.resolve(Buffer.alloc(0));
  })();
  await expect(archives.list([{ bytes }])).rejects.toMatchObject({ name: 'ArchiveFault', kind: 'closed' });
});
