/**
 * Loaded into a program by NODE_OPTIONS: the name of each package that the process loads, a line for each, in a file of its process id in the folder
 * VRATNY_TEST_LOADED. Packages of ours are `packages/x` and `cmd/x`.
 */
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';

const PACKAGE = /\/node_modules\/(?:\.pnpm\/[^/]+\/node_modules\/)?((?:@[^/]+\/)?[^/]+)\/|\/((?:packages|cmd)\/[^/]+)\//u;
const seen = new Set<string>();

registerHooks({
  load(url, context, nextLoad) {
    const [, library, ours] = PACKAGE.exec(url) ?? [];
    const name = library ?? ours;
    if (name !== undefined && !seen.has(name)) {
      seen.add(name);
      appendFileSync(join(process.env['VRATNY_TEST_LOADED'] ?? '', String(process.pid)), `${name}\n`);
    }
    return nextLoad(url, context);
  },
});
