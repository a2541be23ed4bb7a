import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from '@vratny/support/running-program';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { expect, test } from 'vitest';
import { containersOf } from './ordinary/from-python.ts';

test('other programs read the containers of outlook.py as Outlook’s: the same files as tnef and ytnef get out of them', async () => {
  using scratch = makeTemporaryFolder('outlook');
  const file = join(scratch.path, 'winmail.dat');
  let files = 0;
  for (const { what, tnef } of await containersOf('outlook.py')) {
    writeFileSync(file, tnef);
    const listed = await runToEnd('tnef', ['--list', file]);
    expect(listed.ending(), `${what}: ${listed.stderr()}`).toBe(0);
    const folder = join(scratch.path, what);
    mkdirSync(folder);
    const unpacked = await runToEnd('ytnef', ['-f', folder, file]);
    expect(unpacked.ending(), `${what}: ${unpacked.stderr()}`).toBe(0);
    files += readdirSync(folder).length;
    // Of a meeting ytnef makes a calendar, of an attached message nothing.
    const names = listed
      .stdout()
      .trim()
      .split('\n')
      .filter((line) => line !== '').length;
    if (!/meeting|message/u.test(what)) expect(readdirSync(folder), what).toHaveLength(names);
  }
  expect(files).toBeGreaterThanOrEqual(10);
});
