import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

/** Packages that a command loads, by name. */
function loadedBy(program: string, words: readonly string[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'vratny-loaded-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const hook = join(ROOT, 'test', 'support', 'note-loaded.ts');
  const ended = spawnSync(process.execPath, [join(ROOT, program), ...words], {
    env: { ...process.env, NODE_OPTIONS: `--import=${hook}`, VRATNY_TEST_LOADED: folder },
    encoding: 'utf8',
  });
  expect(ended.stdout + ended.stderr).not.toBe('');
  return readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), 'utf8').trim().split('\n'));
}

const MX = 'cmd/mx/src/main.ts';
const MXCTL = 'cmd/mxctl/src/main.ts';

// Reading the arguments needs one library; YAML, SQL, Redis, MIME and DKIM cost a second and 100 MB, and are for what is then done.
test.each([
  [MX, '--help'],
  [MX, '--policy e'],
  [MXCTL, '--help'],
  [MXCTL, 'explain --help'],
  [MXCTL, 'mailbox add nobody --quota much'],
])('%s %s loads no library but commander', (program, words) => {
  const loaded = loadedBy(program, words.split(' '));
  expect(loaded.filter((name) => !/^(?:packages|cmd)\//u.test(name))).toEqual(['commander']);
  expect(loaded.filter((name) => /\/(?:policy|message|archive|server|receiving|delivery|scanner|client)$/u.test(name))).toEqual([]);
});

test('what is looked for is seen: check-config reads YAML', () => {
  expect(loadedBy(MXCTL, ['--config', join(ROOT, 'site.example.yaml'), 'check-config'])).toEqual(expect.arrayContaining(['yaml', 'zod']));
});

test.each([
  ['mysql', ['mysql2']],
  ['postgres', ['pg']],
])('a site with %s loads the driver of no other database', (kind, drivers) => {
  const folder = mkdtempSync(join(tmpdir(), 'vratny-site-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const site = join(folder, 'site.yaml');
  writeFileSync(
    site,
    `cluster: { domain: example.test }\ndelivery: lmtp://127.0.0.1:24\ndirectory: { url: "${kind}://reader@127.0.0.1:1/mail", preset: postfixadmin }\n`,
  );
  const loaded = loadedBy(MXCTL, ['--config', site, 'check-config']);
  expect(loaded.filter((name) => name === 'mysql2' || name === 'pg')).toEqual(drivers);
});
