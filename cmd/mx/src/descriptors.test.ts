import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** Opens files until nothing more can be opened, and says what the operator is told. */
const EXHAUSTING = `
  import { openSync } from 'node:fs';
  import { createRoom } from '${new URL('descriptors.ts', import.meta.url).href}';
  createRoom((detail) => {
    console.log(detail);
    process.exit(0);
  });
  const keepAlive = setTimeout(() => process.exit(1), 30_000);
  try {
    for (;;) openSync('/dev/null');
  } catch {}
`;

it('says that clients cannot be accepted, since Node does not', async () => {
  const run = promisify(execFile);
  const { stdout } = await run('sh', ['-c', 'ulimit -n 64; exec "$0" --input-type=module -e "$1"', process.execPath, EXHAUSTING]);
  expect(stdout).toBe('no descriptor is left (EMFILE): clients are accepted and closed without a word\n');
});
