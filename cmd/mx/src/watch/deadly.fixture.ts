/**
 * Loaded into mx by NODE_OPTIONS: a worker that notes a message whose digest is in the file VRATNY_TEST_DEADLY never comes back from the event loop,
 * as if a parser had been caught by it; with `crash:` before the digest it throws where nobody catches.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const original = fs.writeSync;

function deadly(): string {
  try {
    return fs.readFileSync(process.env['VRATNY_TEST_DEADLY'] ?? '', 'utf8').trim();
  } catch {
    return '';
  }
}

fs.writeSync = ((file: number, octets: NodeJS.ArrayBufferView, ...rest: [number, number, number]) => {
  const written = original(file, octets, ...rest);
  const text = Buffer.isBuffer(octets) ? octets.toString('latin1') : '';
  if (!text.startsWith('judging')) return written;
  const [, how, digest = 'none'] = /^(crash:)?(\w+)$/u.exec(deadly()) ?? [];
  if (!text.includes(digest)) return written;
  if (how === undefined) for (;;);
  setImmediate(() => {
    throw new Error('deadly message');
  });
  return written;
}) as typeof fs.writeSync;
syncBuiltinESMExports();
