/** Writes every generated file: `npm run -s docs`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { GENERATED, ROOT } from './generated.ts';

for (const { path, render } of GENERATED) {
  const target = new URL(path, ROOT);
  mkdirSync(new URL('.', target), { recursive: true });
  writeFileSync(target, render());
  process.stdout.write(`${path}\n`);
}
