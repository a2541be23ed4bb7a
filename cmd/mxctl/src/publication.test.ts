import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteRegister } from '@vratny/directory/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from './run.ts';

const NOW = new Date('2030-01-01T00:00:00Z');
const NS = 2;
const MX = 15;
const UPDATE = 5;
const [SERVFAIL, REFUSED] = [2, 5];
let folder = '';
const closing: (() => void)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vratny-publication-'));
  writeFileSync(join(folder, 'tsig'), 'c2VjcmV0\n');
});

afterEach(() => {
  for (const close of closing.splice(0)) close();
  rmSync(folder, { recursive: true, force: true });
});

async function mxctl(command: string): Promise<{ code: number; said: string }> {
  let said = '';
  const say = (text: string) => {
    said += text;
  };
  const env = { VRATNY_CONFIG: join(folder, 'site.yaml') };
  const code = await run(command.split(' '), { out: say, err: say, colours: false, env, user: 'tester', now: () => NOW });
  return { code, said };
}

const SITE = 'cluster: { name: mx1, domain: thinline.example }\n';

/** Name servers that take changes. */
function setServers(servers: readonly string[], secret = 'tsig'): void {
  const publish = servers.map((server) => `  - { server: '${server}', tsig: { name: k, secret: { file: ./${secret} } } }\n`).join('');
  writeFileSync(join(folder, 'site.yaml'), `${SITE}publish:\n${publish}`);
}

/** The same, and a domain at policy d. */
async function startSite(servers: readonly string[], secret?: string): Promise<void> {
  writeFileSync(join(folder, 'site.yaml'), SITE);
  expect((await mxctl('domain add example.org --policy d')).code).toBe(0);
  setServers(servers, secret);
}

/** What the register has of the domain. */
async function readRegister() {
  const register = await openSqliteRegister({ path: join(folder, 'directory.db'), now: () => NOW });
  try {
    return { letter: (await register.needDomain('example.org')).letter, accepted: await register.listAcceptedLetters('example.org') };
  } finally {
    await register.close();
  }
}

type Said = { readonly rcode: number } | { readonly data: readonly Buffer[]; readonly ttlSeconds: number };

/** A name server that answers over UDP as it is told; changes it refuses. */
async function startServer(answer: (type: number) => Said): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port }) => {
    const questionEnd = query.indexOf(0, 12) + 5;
    const type = query.readUInt16BE(questionEnd - 4);
    const said = (query[2] ?? 0) >> 3 === UPDATE ? { rcode: REFUSED } : answer(type);
    const data = 'data' in said ? said.data : [];
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(0x84_00 | ('rcode' in said ? said.rcode : 0), 2);
    for (const [at, count] of [1, data.length, 0, 0].entries()) header.writeUInt16BE(count, 4 + 2 * at);
    const records = data.map((one) => {
      const fixed = Buffer.alloc(12);
      fixed.writeUInt16BE(0xc0_0c, 0);
      fixed.writeUInt16BE(type, 2);
      fixed.writeUInt16BE(1, 4);
      fixed.writeUInt32BE('ttlSeconds' in said ? said.ttlSeconds : 0, 6);
      fixed.writeUInt16BE(one.length, 10);
      return Buffer.concat([fixed, one]);
    });
    socket.send(Buffer.concat([header, query.subarray(12, questionEnd), ...records]), port, '127.0.0.1');
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  closing.push(() => socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

function nameData(name: string): Buffer {
  return Buffer.concat([...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])), Buffer.from([0])]);
}

const broken = (): Said => ({ rcode: SERVFAIL });
const withoutZone = (): Said => ({ rcode: REFUSED });
/** It has the records of policy d, for a week. */
const withRecords = (type: number): Said => {
  if (type === NS) return { data: [nameData('ns1.example.org')], ttlSeconds: 60 };
  if (type !== MX) return { rcode: REFUSED };
  const data = [
    Buffer.concat([Buffer.from([0, 10]), nameData('mx1d10.thinline.example')]),
    Buffer.concat([Buffer.from([0, 20]), nameData('mx1b20.thinline.example')]),
  ];
  return { data, ttlSeconds: 604_800 };
};

describe('publishing', () => {
  it('a key that cannot be read is told before anything is changed', async () => {
    await startSite(['127.0.0.1:53'], 'missing');
    const { code, said } = await mxctl('domain policy example.org b');
    expect([code, said]).toEqual([78, expect.stringContaining('publish[0].tsig.secret')]);
    expect(await readRegister()).toMatchObject({ letter: 'd' });
  });

  it('a name server that cannot tell whether it has the zone may have it', async () => {
    await startSite([await startServer(broken)]);
    for (const command of ['domain policy example.org b', 'domain publish example.org']) {
      const { code, said } = await mxctl(command);
      expect([code, said]).toEqual([75, expect.stringContaining('It is not known what stands at 127.0.0.1:')]);
      expect(said).toContain('SERVFAIL');
    }
  });

  it('one that does not have it is none of ours, and another one may have it', async () => {
    await startSite([await startServer(withoutZone)]);
    expect(await mxctl('domain publish example.org')).toMatchObject({ said: expect.stringContaining('names no name server for the zone') });
    setServers([await startServer(withoutZone), await startServer(broken), await startServer(withRecords)]);
    expect((await mxctl('domain publish example.org')).said).toContain('says so already');
  });

  it('the TTL of records is kept before they are replaced', async () => {
    await startSite([await startServer(withRecords)]);
    await mxctl('domain policy example.org b');
    expect((await readRegister()).accepted).toContainEqual(expect.objectContaining({ letter: 'd', oldTtlSeconds: 604_800 }));
  });

  it('the same when they are published afterwards', async () => {
    await startSite([await startServer(broken)]);
    await mxctl('domain policy example.org b');
    expect((await readRegister()).accepted).not.toContainEqual(expect.objectContaining({ oldTtlSeconds: 604_800 }));
    setServers([await startServer(withRecords)]);
    await mxctl('domain publish example.org');
    expect((await readRegister()).accepted).toContainEqual(expect.objectContaining({ letter: 'd', oldTtlSeconds: 604_800 }));
  });
});
