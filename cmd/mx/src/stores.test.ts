import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteRegister } from '@vratny/directory/sqlite';
import { describe, expect, it } from 'vitest';
import { dial, makeSite, startMx, type TemporarySite, waitFor } from './mx.fixture.ts';

/** Asks a host about recipients of example.test; the replies to RCPT, and the reply to a message for all that were taken. */
async function send(port: number, ...names: readonly string[]): Promise<readonly string[]> {
  const client = dial(port);
  const replies = () =>
    client
      .unread()
      .split('\r\n')
      .filter((line) => /^\d{3} /u.test(line));
  const say = async (line: string) => {
    const before = replies().length;
    client.socket.write(`${line}\r\n`);
    await waitFor(`a reply to ${line}`, () => replies().length > before, client.unread);
    return replies().at(-1) ?? '';
  };
  await waitFor('the greeting', () => replies().length === 1, client.unread);
  await say('EHLO client.test');
  await say('MAIL FROM:<bob@sender.test>');
  const said: string[] = [];
  for (const name of names) said.push(await say(`RCPT TO:<${name}@example.test>`));
  if (said.some((reply) => reply.startsWith('250'))) {
    client.socket.write('DATA\r\n');
    await waitFor('354', () => client.unread().includes('354 '), client.unread);
    said.push(await say('Subject: x\r\n\r\nx\r\n.'));
  }
  client.socket.destroy();
  return said.map((reply) => reply.slice(0, 9));
}

/** Makes another directory of the site's domain. */
async function makeDirectory(path: string, ...names: readonly string[]): Promise<void> {
  const register = await openSqliteRegister({ path, now: () => new Date() });
  await register.addDomain('example.test', 'a', 'test');
  for (const name of names) await register.addMailbox(`${name}@example.test`, {}, 'test');
  await register.close();
}

const fileOf = (site: TemporarySite) => join(site.folder, 'directory.db');

describe('mx and its directory', { timeout: 120_000 }, () => {
  it('starts without it, delays everybody, makes none, and uses it once it is there', async () => {
    const site = await makeSite();
    renameSync(fileOf(site), join(site.folder, 'kept.db'));
    const mx = await startMx(site);
    const { port } = mx;
    expect(await send(port, 'alice', 'nobody', 'postmaster')).toEqual(['451 4.3.0', '451 4.3.0', '451 4.3.0']);
    expect(mx.stderr()).toMatch(
      /"kind":"fault","where":"directory","detail":"every recipient is delayed: directory \S*directory\.db: there is no such file/u,
    );
    expect(readdirSync(site.folder)).not.toContain('directory.db');
    renameSync(join(site.folder, 'kept.db'), fileOf(site));
    expect(await send(port, 'alice', 'nobody')).toEqual(['250 2.1.5', '550 5.1.1', '250 2.0.0']);
  });

  it('takes a file that was moved over the old one into use without a signal', async () => {
    const site = await makeSite();
    const mx = await startMx(site, { workers: 2 });
    const { port } = mx;
    for (let i = 0; i < 4; i += 1) expect(await send(port, 'alice', 'carol')).toEqual(['250 2.1.5', '550 5.1.1', '250 2.0.0']);
    await makeDirectory(`${fileOf(site)}.new`, 'carol');
    renameSync(`${fileOf(site)}.new`, fileOf(site));
    for (let i = 0; i < 4; i += 1) expect(await send(port, 'carol')).toEqual(['250 2.1.5', '250 2.0.0']);
  });

  it('delays everybody while it is gone', async () => {
    const site = await makeSite();
    const port = (await startMx(site)).port;
    expect(await send(port, 'alice')).toEqual(['250 2.1.5', '250 2.0.0']);
    rmSync(fileOf(site));
    expect(await send(port, 'nobody', 'nobody2')).toEqual(['451 4.3.0', '451 4.3.0']);
    expect(existsSync(fileOf(site))).toBe(false);
  });
});
