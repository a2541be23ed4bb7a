/** `node test/fuzz/attachments.ts SECONDS [SEED]`: mutates the corpus of forbidden files for so long and prints what broke a promise. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fuzzAttachments } from './attachments-fuzz.ts';

const seconds = Number(process.argv[2] ?? '60');
const seed = Number(process.argv[3] ?? '1');
if (!(seconds > 0) || !Number.isSafeInteger(seed)) {
  process.stderr.write('usage: node test/fuzz/attachments.ts SECONDS [SEED]\n');
  process.exitCode = 64;
} else {
  const end = performance.now() + seconds * 1000;
  const { findings, ...total } = await fuzzAttachments(seed, () => performance.now() < end);
  process.stdout.write(
    `${JSON.stringify({ seconds, seed, ...total, slowestMs: Math.round(total.slowestMs), findings: findings.length })}\n`,
  );
  const folder = join(tmpdir(), `vratny-fuzz-${seed}`);
  for (const [index, { promise, detail, message }] of findings.entries()) {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${index}.eml`);
    writeFileSync(file, message);
    process.stdout.write(`${promise}: ${detail.slice(0, 300)}\n  ${file}\n`);
  }
  // Set either way: 7-Zip in WebAssembly leaves its own code there.
  process.exitCode = findings.length > 0 ? 1 : 0;
}
