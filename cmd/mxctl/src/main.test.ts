import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vratny-mxctl-main-'));
  writeFileSync(join(folder, 'site.yaml'), 'cluster: { domain: thinline.example }\n');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The real program, in a folder with a site file. */
function mxctl(args: readonly string[], env: Record<string, string> = {}): { code: number | null; out: string; err: string } {
  const ended = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...env },
    encoding: 'utf8',
    timeout: 15_000,
  });
  return { code: ended.status, out: ended.stdout, err: ended.stderr };
}

describe('the program mxctl', () => {
  it('finds ./site.yaml, keeps what it is told, and is silent on standard error', () => {
    expect(mxctl(['domain', 'add', 'example.org', '--policy', 'a'])).toMatchObject({ code: 0, err: '' });
    const { code, out, err } = mxctl(['domain', 'list', '--json'], { VRATNY_CONFIG: join(folder, 'site.yaml') });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toEqual([{ name: 'example.org', letter: 'a' }]);
  });

  it('says one line for a user mistake, never a stack', () => {
    expect(mxctl(['domain', 'add', 'nonsense domain'])).toMatchObject({
      code: 64,
      out: '',
      err: expect.stringMatching(/^mxctl: [^\n]+\n$/u),
    });
    expect(mxctl(['mailbox', 'add', 'a@elsewhere.example'])).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^mxctl: [^\n]+\n$/u),
    });
    expect(mxctl(['check-config'], { VRATNY_CONFIG: folder })).toEqual({ code: 78, out: '', err: `mxctl: ${folder}: is a directory\n` });
  });
});
