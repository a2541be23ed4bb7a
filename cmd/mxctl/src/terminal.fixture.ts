import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { run } from './run.ts';

/** What one command line came to. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A folder with a site file of its own, and mxctl in it. */
export interface Desk {
  readonly folder: string;
  /** Writes a file into the folder. */
  write(name: string, text: string): void;
  mxctl(...argv: readonly string[]): Promise<Ran>;
}

/** Makes one; it is gone when the test has finished. */
export function openDesk(site: string, now: () => Date): Desk {
  const folder = mkdtempSync(join(tmpdir(), 'vratny-desk-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write('site.yaml', site);
  const mxctl = async (...argv: readonly string[]): Promise<Ran> => {
    const said = { out: '', err: '' };
    const code = await run(argv, {
      out: (text) => {
        said.out += text;
      },
      err: (text) => {
        said.err += text;
      },
      colours: false,
      env: { VRATNY_CONFIG: join(folder, 'site.yaml') },
      user: 'tester',
      now,
    });
    return { code, ...said };
  };
  return { folder, write, mxctl };
}
