import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const SITE = 'cluster: { domain: thinline.example }\ndirectory: sqlite:./directory.db\nstate: "memory:"\ndelivery: maildir:./mail\n';
const PATIENCE_MS = 60_000;
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vratny-panel-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function siteFile(name: string, more: string): string {
  const file = join(folder, name);
  writeFileSync(file, SITE + more);
  return file;
}

function ran(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', timeout: PATIENCE_MS });
  return { code: status, out: stdout, err: stderr };
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  const [line] = stdout === null ? [''] : await once(stdout, 'data');
  return String(line);
}

describe('the program panel', () => {
  it.each<[string, () => readonly string[], number, RegExp]>([
    ['a flag that there is not', () => ['--frob'], 64, /^panel: .*--frob/u],
    ['no site file', () => [], 64, /^panel: --config is missing/u],
    ['a site file that is not there', () => ['--config', join(folder, 'none.yaml')], 78, /^panel: .*none\.yaml/u],
    ['a site without a panel', () => ['--config', siteFile('a.yaml', 'history: { url: "sqlite:./history" }\n')], 78, /has no panel/u],
    [
      'a site without a history',
      () => ['--config', siteFile('b.yaml', 'panel: { url: "https://panel.example" }\n')],
      78,
      /no history is kept/u,
    ],
  ])(
    '%s is one clear line',
    (_what, args, code, words) => {
      const { err, out, code: exited } = ran(...args());
      expect({ code: exited, out }).toEqual({ code, out: '' });
      expect(err).toMatch(words);
      expect(err).not.toMatch(/^ {4}at /mu);
    },
    PATIENCE_MS,
  );

  it(
    'serves until it is told to end; on an address that is taken it comes back later',
    async () => {
      const site = (name: string, port: string) =>
        siteFile(
          name,
          `history: { url: "sqlite:./history" }\npanel: { url: "http://127.0.0.1", listen: "127.0.0.1:${port}", store: "sqlite:./panel.db" }\n`,
        );
      const child = spawn(process.execPath, [MAIN, '--config', site('c.yaml', '0')], { stdio: ['ignore', 'pipe', 'inherit'] });
      const gone = once(child, 'exit');
      try {
        const [, port = ''] = /^listening on 127\.0\.0\.1:(\d+)\n$/u.exec(await firstLine(child)) ?? [];
        const page = await fetch(`http://127.0.0.1:${port}/r/1ngjaa4sxaxadts8gmmrjw5mw9gqac2fs`, { headers: { 'accept-language': 'cs' } });
        expect([page.status, page.headers.get('content-language')]).toEqual([404, 'cs']);
        const second = ran('--config', site('d.yaml', port));
        expect(second).toMatchObject({ code: 75, err: expect.stringMatching(/^panel: cannot listen on 127\.0\.0\.1:\d+: /u) });
      } finally {
        child.kill('SIGTERM');
      }
      expect(await gone).toEqual([0, null]);
    },
    PATIENCE_MS,
  );

  it(
    'comes back later where another process holds the file of requests',
    () => {
      const path = join(folder, 'locked.db');
      const other = new DatabaseSync(path);
      other.exec('CREATE TABLE IF NOT EXISTS x (y); BEGIN EXCLUSIVE');
      try {
        const more = `history: { url: "sqlite:./history" }\npanel: { url: "http://127.0.0.1", listen: "127.0.0.1:0", store: "sqlite:./locked.db" }\n`;
        const locked = /^panel: panel\.store: \S+locked\.db cannot be opened: database is locked\n$/u;
        expect(ran('--config', siteFile('e.yaml', more))).toMatchObject({ code: 75, err: expect.stringMatching(locked) });
      } finally {
        other.close();
      }
    },
    PATIENCE_MS,
  );
});
