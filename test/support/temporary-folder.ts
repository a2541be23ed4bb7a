import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder for one test; `using` takes it away with everything in it. */
export interface TemporaryFolder extends Disposable {
  readonly path: string;
  remove(): void;
}

/** Makes one. */
export function makeTemporaryFolder(name: string): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), `vratny-${name}-`));
  const remove = () => rmSync(path, { recursive: true, force: true });
  return { path, remove, [Symbol.dispose]: remove };
}
