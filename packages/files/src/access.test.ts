import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeAccess } from './access.ts';

const { username } = userInfo();
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vratny-access-'));
  mkdirSync(join(folder, 'closed'));
  for (const name of ['key', 'closed/key']) writeFileSync(join(folder, name), 'x', { mode: 0o600 });
  chmodSync(join(folder, 'closed'), 0o700);
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('describeAccess', () => {
  it('tells file, owner, group, mode and who runs', () => {
    expect(describeAccess(join(folder, 'key'))).toMatch(
      new RegExp(`^file ${folder}/key belongs to ${username}:\\S+ with mode 0600, and this program runs as ${username}:\\S+`, 'u'),
    );
  });

  it('tells the folder above what is not there', () => {
    expect(describeAccess(join(folder, 'none', 'key'))).toContain(`folder ${folder} belongs to ${username}:`);
  });

  // Root may open everything, so the process has to be somebody else.
  it.runIf(process.getuid?.() === 0)('names the folder that is in the way of another user', () => {
    chmodSync(join(folder, 'key'), 0o640);
    const program = `const { describeAccess } = await import(${JSON.stringify(import.meta.resolve('./access.ts'))});
      process.setgroups([]); process.setgid('nogroup'); process.setuid('nobody');
      for (const path of process.argv.slice(1)) console.log(describeAccess(path));`;
    const paths = [join(folder, 'key'), join(folder, 'closed', 'key')];
    const lines = execFileSync(process.execPath, ['--input-type=module', '-e', program, ...paths], { encoding: 'utf8' }).split('\n');
    expect(lines[0]).toContain(`file ${folder}/key belongs to root:`);
    expect(lines[0]).toContain('with mode 0640, and this program runs as nobody:nogroup');
    expect(lines[1]).toContain(`folder ${folder}/closed belongs to root:`);
    expect(lines[1]).toContain('with mode 0700');
  });
});
