import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteRegister } from '@vratny/directory/sqlite';
import { startClamd } from '@vratny/support/clamd';
import { type RunningMx, startMx } from '@vratny/support/mx';
import { runToEnd } from '@vratny/support/running-program';
import { writeSite } from '@vratny/support/site';
import { connectTo } from '@vratny/support/smtp-client';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { waitFor } from '@vratny/support/wait-for';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findResolverAddress } from '../dns/find-port.ts';
import { type Knot, startKnot } from './knot.ts';
import { startResolver } from './resolver.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const TTL_SECONDS = 10;
const DAY_MS = 86_400_000;
const NS = '@ NS ns1.nic.test.';
const recordsOf = (primary: string, secondary: string) => [
  NS,
  `@ MX 10 mx1${primary}.example.test.`,
  `@ MX 20 mx1${secondary}.example.test.`,
];

const stack = new AsyncDisposableStack();
const folder = stack.use(makeTemporaryFolder('policy-changes'));
const hosts = new Map<string, RunningMx>();
let siteFile: string;
let directoryFile: string;
let knot: Knot;

beforeAll(async () => {
  const at = await findResolverAddress();
  const top = [
    NS,
    `ns1.nic A ${at}`,
    'sign A 192.0.2.1',
    'sender MX 10 sign.test.',
    ...['moving', 'example'].map((name) => `${name} NS ns1.nic.test.`),
  ];
  const zones = { test: top, 'moving.test': recordsOf('d10', 'b20'), 'example.test': [NS] };
  knot = stack.use(await startKnot(at, zones, { ttlSeconds: TTL_SECONDS }));
  const resolver = stack.use(await startResolver({ topLevelServer: at, sign: 'sign.test' }));
  const clamd = stack.use(await startClamd());
  const antivirus = { clamd: [clamd.tcp.kind === 'tcp' ? `tcp://${clamd.tcp.host}:${clamd.tcp.port}` : `unix:${clamd.tcp.path}`] };
  const extra = {
    antivirus,
    dns: { servers: [resolver.address] },
    networks: { own: ['127.0.0.0/8'] },
    state: `sqlite:${join(folder.path, 'state.db')}`,
  };
  ({ siteFile, directoryFile } = writeSite({ folder: folder.path, zone: '', dnsServers: [], extra }));
  const records = [{ domain: 'moving.test', policy: 'd' }, { domain: 'example.test' }, { mailbox: 'alice@moving.test' }];
  writeFileSync(join(folder.path, 'all.ndjson'), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  await mxctl('import', join(folder.path, 'all.ndjson'));
  for (const host of ['d10', 'b10', 'c10']) {
    hosts.set(
      host,
      stack.adopt(await startMx({ siteFile, host }), (mx) => mx.stop().then(() => undefined)),
    );
  }
});

afterAll(() => stack.disposeAsync());

async function mxctl(...args: readonly string[]): Promise<string> {
  const ran = await runToEnd(process.execPath, [join(ROOT, 'cmd', 'mxctl', 'src', 'main.ts'), '--config', siteFile, ...args]);
  if (ran.ending() !== 0) throw new Error(`mxctl ${args.join(' ')}: ${ran.stderr()}`);
  return ran.stdout();
}

/** Sends a message to one host, and gives the last reply: of the message, or of what refused or delayed it. */
async function send(host: string): Promise<string> {
  const client = connectTo(hosts.get(host)?.port ?? 0);
  try {
    await client.reply();
    for (const line of ['EHLO sign.test', 'MAIL FROM:<a@sender.test>', 'RCPT TO:<alice@moving.test>', 'DATA']) {
      const reply = await client.ask(line);
      if (!/^[23]/u.test(reply)) return reply;
    }
    return await client.ask(
      `Message-ID: <${host}-${performance.now()}@sender.test>\r\nDate: Tue, 1 Jan 2030 00:00:00 +0000\r\nFrom: a@sender.test\r\n\r\nHello\r\n.`,
    );
  } finally {
    client.close();
  }
}

async function sendToAll(...names: readonly string[]): Promise<readonly string[]> {
  const said: string[] = [];
  for (const name of names) said.push((await send(name)).slice(0, 9));
  return said;
}

const TAKEN = '250 2.0.0';

/** Waits until the host of letter d has had its name server asked. */
async function mxHasLooked(): Promise<void> {
  const register = await openSqliteRegister({ path: directoryFile, now: () => new Date() });
  try {
    const seen = await waitFor('mx has looked', async () =>
      (await register.listAcceptedLetters('moving.test')).find(
        ({ letter, oldTtlSeconds }) => letter === 'd' && oldTtlSeconds !== undefined,
      ),
    );
    expect(seen.oldTtlSeconds).toBe(TTL_SECONDS);
    expect(seen.seenLeft).toBeUndefined();
  } finally {
    await register.close();
  }
}

test('d to b to c within a minute: no host of the three delays or refuses, whatever DNS says', async () => {
  expect(await sendToAll('d10')).toEqual([TAKEN]);
  await mxctl('domain', 'policy', 'moving.test', 'b');
  expect(await sendToAll('d10', 'b10')).toEqual([TAKEN, TAKEN]);
  expect(await mxctl('domain', 'policy', 'moving.test', 'c')).toContain(
    'hosts of policy d and b accept its mail until the world has left them',
  );
  expect(await sendToAll('d10', 'b10', 'c10')).toEqual([TAKEN, TAKEN, TAKEN]);
  // While the name server has the old records.
  await mxHasLooked();
  knot.change('moving.test', recordsOf('b10', 'c20'));
  expect(await sendToAll('d10', 'b10', 'c10')).toEqual([TAKEN, TAKEN, TAKEN]);
  knot.change('moving.test', recordsOf('c10', 'c20'));
  expect(await sendToAll('d10', 'b10', 'c10')).toEqual([TAKEN, TAKEN, TAKEN]);
});

test('what looks at the name servers show ends it, and nothing else', async () => {
  const register = await openSqliteRegister({ path: directoryFile, now: () => new Date() });
  try {
    const ago = (days: number) => new Date(Date.now() - days * DAY_MS);
    const see = async (name: 'b' | 'd', sight: 'named' | 'omitted', days: number) =>
      void (await register.noteSights('moving.test', [{ letter: name, sight }], ago(days), 'test'));
    for (const name of ['b', 'd'] as const) {
      await see(name, 'named', 8);
      await see(name, 'omitted', 7);
      await see(name, 'omitted', name === 'd' ? 4 : 1);
    }
    expect(await sendToAll('b10', 'c10')).toEqual(['451 4.3.5', TAKEN]);
    // A resolver may keep the old records for their TTL, and nothing is refused for what is not known.
    await waitFor('the old records have run out', async () => ((await send('d10')).startsWith('550 5.7.1') ? true : undefined), {
      deadlineMs: 60_000,
    });
  } finally {
    await register.close();
  }
});
