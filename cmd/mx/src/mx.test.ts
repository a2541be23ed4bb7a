import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { RunningProgram } from '@vratny/support/mx';
import { workersOf } from '@vratny/support/process-state';
import type { SmtpClient } from '@vratny/support/smtp-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { delivers, dial, greeted, kill, makeSite, SEND, spawnMx, startMx, waitFor } from './mx.fixture.ts';

/** Of a host that keeps everything in SQLite. */
const WORKER_LIBRARIES = ['dns-packet', 'ipaddr.js', 'kysely', 'mailauth', 'smtp-server', 'yaml', 'zod'];
/** What these bring with them. */
const BROUGHT = [
  ...['@hapi/address', '@hapi/formula', '@hapi/hoek', '@hapi/pinpoint', '@hapi/tlds', '@hapi/topo', '@leichtgewicht/ip-codec'],
  ...['encoding-japanese', 'iconv-lite', 'joi', 'libbase64', 'libmime', 'libqp', 'nodemailer', 'punycode.js', 'safer-buffer', 'tldts'],
];

/** Ends in words, as a person wants it. */
async function expectProblem(mx: RunningProgram, exitCode: number, problem: RegExp): Promise<void> {
  expect(await mx.ended).toBe(exitCode);
  expect(mx.stdout()).toBe('');
  expect(mx.stderr()).toMatch(problem);
  expect(mx.stderr()).not.toMatch(/\n\s+at /u);
}

describe('starting mx', () => {
  it('says where it listens once it takes mail, and ends with 0', async () => {
    const site = await makeSite();
    const folder = join(site.folder, 'loaded');
    mkdirSync(folder);
    const hook = join(import.meta.dirname, '..', '..', '..', 'test', 'support', 'note-loaded.ts');
    const mx = await startMx(site, { workers: 2, environment: { NODE_OPTIONS: `--import=${hook}`, VRATNY_TEST_LOADED: folder } });
    const { port } = mx;
    // What this host never needs is not loaded: the primary reads no mail, and a10 knows nothing of archives, of a second view or of other databases.
    const loadedBy = (pid: number) =>
      readFileSync(join(folder, String(pid)), 'utf8')
        .trim()
        .split('\n');
    const libraries = (names: readonly string[]) => names.filter((name) => !/^(?:packages|cmd)\//u.test(name)).toSorted();
    const primary = loadedBy(mx.pid);
    expect(libraries(primary)).toEqual(['commander', 'yaml', 'zod']);
    expect(primary.filter((name) => /\/(?:policy|message|archive|server|receiving|delivery|client)$/u.test(name))).toEqual([]);
    for (const worker of workersOf(mx.pid)) {
      expect(libraries(loadedBy(worker))).toEqual([...WORKER_LIBRARIES, ...BROUGHT].toSorted());
    }
    expect(mx.stdout()).toBe(`listening on 127.0.0.1:${port}\n`);
    expect(workersOf(mx.pid)).toHaveLength(2);
    await delivers(site, port);
    mx.signal('SIGTERM');
    expect(await mx.ended).toBe(0);
    const lines = mx.stderr().trim().split('\n');
    const what = lines.map((line) => JSON.parse(line).what).filter(Boolean);
    expect(new Set(what)).toEqual(new Set(['closed', 'draining', 'opened', 'started', 'stopped']));
    expect(what).toHaveLength(5);
  });

  const bad: readonly (readonly [name: string, more: string, problem: RegExp])[] = [
    ['an unknown key', 'frobnicate: 1\n', /^mx: \S*site\.yaml:\d+: frobnicate: unknown key[^\n]*\n$/u],
    [
      'a certificate that is not there',
      'tls: { cert: ./no.pem, key: ./no.key }\n',
      /^mx: tls\.cert: \S*no\.pem: no such file or directory\n$/u,
    ],
  ];
  it.each(bad)('ends with 78 and a clear line: %s', async (_, more, problem) => {
    await expectProblem(spawnMx(await makeSite(more)), 78, problem);
  });

  it('ends with 78 for a broken zone file', async () => {
    const site = await makeSite();
    writeFileSync(join(site.folder, 'zone.txt'), 'this is no zone file\n');
    await expectProblem(spawnMx(site), 78, /^mx: dns\.zoneFile: \S*zone\.txt: [^\n]+\n$/u);
  });

  it('ends with 78 where there is no site file', async () => {
    const site = await makeSite();
    await expectProblem(spawnMx({ ...site, file: join(site.folder, 'no.yaml') }), 78, /^mx: \S*no\.yaml: [^\n]+\n$/u);
  });

  it('ends in words when the directory cannot be opened', async () => {
    const site = await makeSite();
    writeFileSync(join(site.folder, 'directory.db'), 'this is no database, and longer than the header of one'.repeat(40));
    const mx = spawnMx(site);
    await expectProblem(mx, 75, /^mx: [^\n]+\n$/u);
  });

  it('ends with 75 when the port is taken, and leaves no worker', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const mx = spawnMx(await makeSite(), { more: ['--listen', '127.0.0.1:0', '--listen', `127.0.0.1:${port}`] });
    await expectProblem(mx, 75, /^mx: cannot listen on 127\.0\.0\.1:\d+: another program listens there already\n$/u);
  });

  it('ends with 64 and the usage when the command line makes no sense', async () => {
    await expectProblem(spawnMx(await makeSite(), { more: ['--policy', 'e'] }), 64, /^error: [^\n]+\nUsage: mx /u);
  });
});

/** So that clients may come as fast as they can. */
const MANY = 'limits: { connectionsPerIp: 10000 }\n';

describe('a running mx', () => {
  it('replaces a worker that dies; nobody is refused, though it was the only one', async () => {
    const site = await makeSite(MANY);
    const mx = await startMx(site);
    const { port } = mx;
    const [first] = workersOf(mx.pid);
    const before = await greeted(port);
    const clients: SmtpClient[] = [];
    const connecting = setInterval(() => clients.push(dial(port)), 10);
    onTestFinished(() => clearInterval(connecting));
    kill(first ?? 0);
    await waitFor('the loss is written down', () => mx.stderr().includes('worker-lost'), mx.stderr);
    await waitFor('another worker', () => workersOf(mx.pid).some((pid) => pid !== first));
    await waitFor('its client is gone', () => before.socket.closed);
    await delivers(site, port);
    clearInterval(connecting);
    expect(clients.length).toBeGreaterThan(10);
    // Whoever was with the dead worker is cut off; all the others are served, and nobody hangs.
    await waitFor('everybody was answered', () => clients.every((client) => client.socket.closed || client.unread().startsWith('220 ')));
    expect(clients.map((client) => client.failure()).filter((why) => why?.includes('ECONNREFUSED'))).toEqual([]);
    expect(clients.filter((client) => client.unread().startsWith('220 ')).length).toBeGreaterThan(clients.length / 2);
  });

  it('rolls its workers at SIGHUP without refusing anybody, and refuses a file that is wrong', async () => {
    const site = await makeSite(MANY);
    const mx = await startMx(site, { workers: 2 });
    const { port } = mx;
    const old = workersOf(mx.pid);
    const clients: SmtpClient[] = [];
    const connecting = setInterval(() => clients.push(dial(port)), 10);
    onTestFinished(() => clearInterval(connecting));

    site.rewrite('limits: { connectionsPerIp: 10000, message: 12345 }\n');
    mx.signal('SIGHUP');
    await waitFor('the new file is in use', () => mx.stderr().includes('the new site file is in use'), mx.stderr);
    clearInterval(connecting);
    await waitFor('everybody was answered', () => clients.every((client) => client.unread() !== ''));
    expect(clients.map((client) => client.failure()).filter(Boolean)).toEqual([]);
    // Those whom an old worker got last may be asked to come again.
    expect(clients.every((client) => /^(?:220|421 4\.3\.2) /u.test(client.unread()))).toBe(true);
    for (const client of clients) client.socket.destroy();
    await waitFor('the old workers are gone', () => workersOf(mx.pid).length === 2 && !workersOf(mx.pid).some((pid) => old.includes(pid)));

    site.rewrite('frobnicate: 1\n');
    mx.signal('SIGHUP');
    await waitFor('the wrong file is refused', () => mx.stderr().includes('refused, the old site file stays in use'), mx.stderr);
    const client = await greeted(port);
    client.socket.write('EHLO x\r\n');
    await waitFor('EHLO', () => client.unread().includes('SIZE 12345\r\n'), client.unread);
  });

  it('at SIGTERM says goodbye to idle clients, finishes a running message, and ends with 0', async () => {
    const site = await makeSite();
    const mx = await startMx(site);
    const { port } = mx;
    const idle = await greeted(port);
    const sending = await greeted(port);
    sending.socket.write(SEND);
    await waitFor('354', () => sending.unread().includes('354 '), sending.unread);
    mx.signal('SIGTERM');
    await waitFor('421', () => idle.unread().includes('\r\n421 4.3.2 '), idle.unread);
    sending.socket.write('Subject: x\r\n\r\nx\r\n.\r\n');
    await waitFor('250 and 421', () => /250 2\.0\.0 stored as .*\r\n421 4\.3\.2 /u.test(sending.unread()), sending.unread);
    expect(await mx.ended).toBe(0);
    expect(existsSync(`/proc/${mx.pid}`)).toBe(false);
  });

  it('does not leave its workers behind when it is killed', async () => {
    const mx = await startMx(await makeSite(), { workers: 2 });
    const workers = workersOf(mx.pid);
    mx.signal('SIGKILL');
    await mx.ended;
    await waitFor('the workers are gone', () => workers.every((pid) => !existsSync(`/proc/${pid}`)));
  });
});
