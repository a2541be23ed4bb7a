import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Site } from '@vratny/config';
import { generate } from 'selfsigned';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkSite } from './check-site.ts';
import { openDelivery, readMailboxStore } from './open-delivery.ts';
import { openDirectory, openRegister } from './open-directory.ts';
import { openDns } from './open-dns.ts';
import { loadSite } from './read-named-file.ts';
import { readTls } from './read-tls.ts';
import { StartProblem } from './start-problem.ts';

const now = (): Date => new Date('2030-01-01T00:00:00Z');
const pairs: { cert: string; private: string }[] = [];
let folder = '';

beforeAll(async () => {
  for (const value of ['one.example', 'other.example']) {
    const { cert, private: key } = await generate([{ name: 'commonName', value }], { keyType: 'ec', curve: 'P-256' });
    pairs.push({ cert, private: key });
  }
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vratny-adapters-'));
  // What a site has once it was set up; that it is one is seen when it is opened.
  write('directory.db', 'a directory');
  mkdirSync(join(folder, 'mail'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));
afterAll(() => {
  pairs.length = 0;
});

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

function load(text = ''): Promise<Site> {
  return loadSite(write('site.yaml', `cluster: { domain: thinline.example }\n${text}`));
}

/** The message of the problem that work ends in; every other end fails the test. */
async function problemOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof StartProblem) return error.message.replaceAll(folder, '');
    throw error;
  }
  throw new Error('there was no problem');
}

describe('loadSite', () => {
  it('starts relative paths at the site file', async () => {
    expect((await load()).directory).toEqual({ kind: 'sqlite', path: join(folder, 'directory.db') });
  });

  it('says what is wrong', async () => {
    expect(await problemOf(() => load('foo: 1\nstat: x'))).toBe(
      'site.yaml:2: foo: unknown key; known are cluster, limits, postmaster, networks, proxy, recipients, secondaryOf, dns, tls, dnsbl, greylist, tarpit, attachments, antivirus, antispam, state, directory, mailboxes, history, trace, delivery, forwarding, publish, spool, journal, panel\n' +
        'site.yaml:3: stat: unknown key, did you mean "state"?',
    );
    expect(await problemOf(() => loadSite(join(folder, 'none.yaml')))).toBe('/none.yaml: no such file or directory');
    expect(await problemOf(() => loadSite(folder))).toBe(': is a directory');
  });
});

/** A store that nobody asks. */
const NO_STORE = { admits: async () => ({ kind: 'fault', detail: 'not to be asked' }) as const };

describe('delivery', () => {
  it.each([
    ['lmtp://store.example', []],
    ['lmtp+unix:./not-yet', []],
    ['lmtp+unix:./site.yaml', ['delivery: /site.yaml: is not a socket']],
  ])('%s: %j', async (url, problems) => {
    const site = await load(`delivery: ${url}`);
    expect(checkSite(site).map((line) => line.replace(folder, ''))).toEqual(problems);
    // Nothing is opened before somebody asks.
    await (await openDelivery(site, { hostName: 'h.example', now })).close();
  });
});

describe('connections to an LMTP server', () => {
  it.each<[connections: string, processes: number, opened: number]>([
    ['', 32, 2],
    [', connections: 3', 1, 3],
    [', connections: 7', 2, 3],
    [', connections: 1', 4, 1],
  ])('{ url%s } of a host with %i workers: %i of each', async (connections, processes, opened) => {
    const sockets: Socket[] = [];
    // It never greets, so that everybody waits.
    const server = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ending = new AbortController();
    const delivery = await openDelivery(await load(`delivery: { url: "lmtp://127.0.0.1:${port}"${connections} }`), {
      hostName: 'h.example',
      now,
      processes,
    });
    try {
      const asked = Array.from({ length: opened + 2 }, async (_, i) =>
        delivery.admits({ address: `${i}@x.test`, usedBytes: 0 }, 0, ending.signal),
      );
      await vi.waitFor(() => expect(sockets).toHaveLength(opened));
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(sockets).toHaveLength(opened);
      ending.abort();
      await Promise.all(asked);
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
      await delivery.close();
    }
  });
});

describe('the stores of mailboxes', () => {
  const { signal } = new AbortController();
  const targetAt = (store: string) => ({ address: 'alice@example.test', usedBytes: 0, store });

  it.each([
    ['lmtp://store2.example', { kind: 'lmtp', servers: [{ host: 'store2.example', port: 24 }] }],
    ['lmtp+unix:/run/lmtp', { kind: 'lmtp-unix', path: '/run/lmtp' }],
    ['lmtp+unix:///run/lmtp', { kind: 'lmtp-unix', path: '/run/lmtp' }],
    ['maildir:/srv/../mail', { kind: 'maildir', path: '/mail' }],
    ['maildir:mail', 'needs an absolute path: every node reads it'],
    ['lmtp+unix:./lmtp', 'needs an absolute path: every node reads it'],
    ['maildir:', 'lacks the path after the colon'],
    ['redis://h', 'must be maildir:PATH, lmtp://HOST:PORT[,HOST:PORT] or lmtp+unix:PATH, not "redis://h"'],
  ])('%s: %j', (url, expected) => {
    const reading = readMailboxStore(url);
    expect(reading.ok ? reading.value : reading.message).toEqual(expected);
  });

  it('that cannot be read or reached are faults of their mailbox', async () => {
    const delivery = await openDelivery(await load(), { hostName: 'h.example', now });
    const answers = ['nonsense', 'lmtp+unix:/nonexistent/lmtp'].map(async (store) => delivery.admits(targetAt(store), 0, signal));
    expect((await Promise.all(answers)).map((answer) => answer.kind)).toEqual(['fault', 'fault']);
    expect((await delivery.admits({ address: 'bob@example.test', usedBytes: 0 }, 0, signal)).kind).toBe('room');
    await delivery.close();
  });

  it.each<[string, readonly string[], boolean]>([
    ['maildir:./mail', [], true],
    ['maildir:./mail', ['maildir:/srv/mail', 'nonsense'], true],
    ['maildir:./mail', ['maildir:/srv/mail', 'lmtp://h'], false],
    ['lmtp://h', ['maildir:/srv/mail'], false],
  ])('SMTPUTF8 is for sites where all of them take it: %s and %j: %s', async (home, stores, utf8) => {
    const delivery = await openDelivery(await load(`delivery: ${home}`), { hostName: 'h.example', now, stores });
    expect(delivery.utf8).toBe(utf8);
    await delivery.close();
  });
});

describe('directory', () => {
  it('is one file for register and look-ups', async () => {
    const site = await load();
    rmSync(site.directory.kind === 'sqlite' ? site.directory.path : '');
    const register = await openRegister(site, now, 'make');
    const directory = await openDirectory(site, { delivery: NO_STORE });
    await register.addDomain('example.test', 'd', 'test');
    expect(await directory.findDomain('example.test')).toMatchObject({ name: 'example.test', letter: 'd' });
    await Promise.all([register.close(), directory.close()]);
  });

  it('that cannot be opened is a problem for later', async () => {
    const site = await load('directory: sqlite:./none/d.db');
    await expect(openRegister(site, now, 'make')).rejects.toMatchObject({ name: 'StartProblem', exitCode: 75 });
    await expect(openDirectory(site, { delivery: NO_STORE })).rejects.toMatchObject({ name: 'StartProblem', exitCode: 75 });
    expect(checkSite(site)).toEqual([`directory: ${join(folder, 'none')}: no such file or directory`]);
  });

  it.each(['missing', 'empty'])(
    'that is %s is a problem, but for a host that starts, and is made by nobody who was not asked',
    async (what) => {
      const site = await load('directory: sqlite:./typo.db');
      if (what === 'empty') write('typo.db', '');
      const problems = checkSite(site);
      expect(problems).toEqual([
        expect.stringContaining(`directory: ${join(folder, 'typo.db')}: there is no directory; is its volume mounted?`),
      ]);
      expect(checkSite(site, { directoryMayBeMissing: true })).toEqual([]);
      await expect(openRegister(site, now)).rejects.toMatchObject({ name: 'StartProblem', exitCode: 75 });
      const waiting = await openRegister(site, now, 'wait');
      await expect(waiting.listDomains()).rejects.toThrow('typo.db');
      await waiting.close();
      expect(statSync(join(folder, 'typo.db'), { throwIfNoEntry: false })?.size).toBe(what === 'empty' ? 0 : undefined);
    },
  );

  it('in a folder that is not mounted is let by for a host that starts', async () => {
    expect(checkSite(await load('directory: sqlite:./none/d.db'), { directoryMayBeMissing: true })).toEqual([]);
  });
});

describe('dns', () => {
  it('answers from the zone file first', async () => {
    write('zone.txt', '$TTL 60\nsender.example. IN MX 10 mx.sender.example.\n');
    const dns = await openDns(await load('dns: { servers: ["127.0.0.1:9"], zoneFile: ./zone.txt }'));
    expect(await dns.lookup('sender.example', 'MX')).toMatchObject({
      kind: 'found',
      records: [{ preference: 10, exchange: 'mx.sender.example' }],
    });
    expect(await dns.lookup('sender.example', 'A')).toMatchObject({ kind: 'nodata' });
  });

  it('names the line of a broken zone file', async () => {
    write('zone.txt', '$TTL 60\nsender.example. IN MX ten mx.sender.example.\n');
    const site = await load('dns: { zoneFile: ./zone.txt }');
    const problem = await problemOf(() => openDns(site));
    expect(problem).toMatch(/^dns\.zoneFile: \/zone\.txt: line 2: [^\n]+$/u);
    expect(checkSite(site).map((line) => line.replace(folder, ''))).toEqual([problem]);
  });
});

describe('tls', () => {
  const site = (): Promise<Site> => load('tls: { cert: ./cert.pem, key: ./key.pem }');

  it('reads a pair', async () => {
    write('cert.pem', pairs[0]?.cert ?? '');
    write('key.pem', pairs[0]?.private ?? '');
    expect(readTls(await site())).toEqual({ certificates: [{ cert: pairs[0]?.cert, key: pairs[0]?.private }] });
    expect(checkSite(await site())).toEqual([]);
    expect(readTls(await load())).toBeUndefined();
  });

  it.each([
    ['no certificate', () => 'nonsense', () => pairs[0]?.private, 'tls.cert: /cert.pem: is not a certificate in PEM'],
    ['no key', () => pairs[0]?.cert, () => 'nonsense', 'tls.key: /key.pem: is not an unencrypted private key in PEM'],
    ['another key', () => pairs[0]?.cert, () => pairs[1]?.private, 'tls: /key.pem is not the key of /cert.pem'],
  ])('%s', async (_name, cert, key, message) => {
    write('cert.pem', cert() ?? '');
    write('key.pem', key() ?? '');
    expect(await problemOf(async () => readTls(await site()))).toBe(message);
  });

  it('missing', async () => {
    expect(await problemOf(async () => readTls(await site()))).toBe('tls.cert: /cert.pem: no such file or directory');
  });
});

describe('checkSite', () => {
  it('names everything at once and changes nothing', async () => {
    write('file', '');
    mkdirSync(join(folder, 'folder'));
    const site = await load(
      [
        'spool: ./file',
        'delivery: maildir:./none/mail',
        'state: { url: "redis://h", password: { file: ./none } }',
        'antispam: { password: { file: ./folder } }',
        'dns: { zoneFile: ./none.txt }',
      ].join('\n'),
    );
    expect(checkSite(site).map((line) => line.replace(folder, ''))).toEqual([
      'dns.zoneFile: /none.txt: no such file or directory',
      'delivery: /none: no such file or directory',
      'spool: /file: is not a directory',
      'state.password: /none: no such file or directory',
      'antispam.password: /folder: is a directory',
    ]);
  });
});
