import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readDialogue } from '@vratny/support/dialogue/parse';
import { play } from '@vratny/support/dialogue/play';
import type { Served } from '@vratny/support/dialogue/transport';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBinary } from './binary.ts';
import { openInProcess } from './in-process.ts';

const FOLDER = import.meta.dirname;
const HOSTS = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && /^[a-d](?:10|20)$/u.test(entry.name))
  .map((entry) => entry.name)
  .sort();
const WAYS: readonly (readonly [string, (host: string) => Promise<Served>])[] = [
  ['in-process', openInProcess],
  ['the real program', openBinary],
];

test('there are dialogues', () => {
  expect(HOSTS).toContain('d10');
});

describe.each(WAYS)('%s', (_way, open) => {
  describe.each(HOSTS)('%s', (host) => {
    let served: Served | undefined;
    beforeAll(async () => {
      served = await open(host);
    });
    afterAll(async () => {
      await served?.close();
    });
    const files = readdirSync(join(FOLDER, host)).filter((name) => name.endsWith('.smtp'));
    test.each(files.sort())('%s', async (name) => {
      if (served === undefined) throw new Error('the server did not start');
      await play(readDialogue(join(FOLDER, host, name)), served);
    });
  });
});
