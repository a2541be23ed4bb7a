import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryDelivery } from '@vratny/delivery/memory';
import { openSqliteDirectory, openSqliteRegister } from '@vratny/directory/sqlite';
import type { Dns } from '@vratny/dns';
import { createCachedDns } from '@vratny/dns/cached';
import { createMemoryDns } from '@vratny/dns/memory';
import { DEFAULT_SECONDARY_OF, type Host } from '@vratny/hosts';
import { contentOf } from '@vratny/message';
import { destination, type FoundOf, findOrigin, judge, openVisit, type Ports, policyOf, startFacts, type Visit } from '@vratny/policy';

/**
 * `node test/load/judging.ts [MESSAGES] [SENDERS]` (default 20000 and 1): the processor time that finding out, judging and stamping a message costs, by policy
 * a10, with a DNS cache and a SQLite directory, and nothing else. One client sends all; each of SENDERS domains has records of its own.
 */
const [messages = 20_000, senders = 1] = process.argv.slice(2).map(Number);

const folder = await mkdtemp(join(tmpdir(), 'vratny-judging-'));
const path = join(folder, 'directory.sqlite');
const register = await openSqliteRegister({ path, now: () => new Date() });
await register.addDomain('example.test', 'a', 'load');
await register.addMailbox('alice@example.test', {}, 'load');
await register.close();
const directory = await openSqliteDirectory({ path });

const zone = Object.fromEntries(
  Array.from({ length: senders }, (_, i) => [
    [
      `sender${i}.test`,
      { MX: [{ preference: 10, exchange: `mx.sender${i}.test` }], TXT: ['v=spf1 ip4:192.0.2.0/24 -all'], ttlSeconds: 3_600 },
    ] as const,
    [`_dmarc.sender${i}.test`, { TXT: ['v=DMARC1; p=reject'], ttlSeconds: 3_600 }] as const,
  ]).flat(),
);
const dns: Dns = createCachedDns(createMemoryDns(zone), { now: () => performance.now() });

const unasked = () => Promise.reject(new Error('not to be asked'));
const ports: Ports = {
  dns,
  directory,
  delivery: createMemoryDelivery(),
  dnsbl: { ask: unasked },
  greylist: { firstSeen: unasked },
  archives: { list: unasked },
  counters: { hit: unasked },
  antivirus: { scan: unasked },
  antispam: { judge: unasked },
  clock: () => new Date(),
};
const host: Host = { role: 'primary', letter: 'a' };
const policy = policyOf(host) ?? fail('there is no such policy');
const settings = {
  hostName: 'mx1a10.example.test',
  cluster: { name: 'mx1', domain: 'example.test' },
  secondaryOf: DEFAULT_SECONDARY_OF,
  messageMaxBytes: 100 * 1024 * 1024,
  trusts: () => false,
  greylist: { delayMs: 0, windowMs: 0, ipv4Prefix: 32, ipv6Prefix: 64, exempts: () => true },
  antispam: { refuseScore: 15, markScore: 6, onFault: 'delay' },
  attachments: { encryptedArchives: 'pass', unreadableArchives: 'refuse' },
} as const;
const client = { ip: '192.0.2.1' };
const helo = { verb: 'EHLO', name: 'client.sender0.test' } as const;

function fail(why: string): never {
  throw new Error(why);
}

function enter<V extends Visit>(visit: V): V {
  startFacts(policy, visit);
  return visit;
}

const connect = enter(openVisit('connect', { settings, host, client }, { ports, monotonicMs: () => performance.now() }));
const hello = enter(connect.open('helo', { settings, host, client, helo, tls: undefined }));

async function judgeOne(i: number): Promise<number> {
  const domain = `sender${i % senders}.test`;
  const mail = {
    ...hello.context,
    sender: { local: 'someone', domain },
    parameters: { body: '7bit', utf8: false },
    startedAt: new Date(),
  } as const;
  const transaction = enter(hello.open('mail', mail));
  const judgements = [await judge(policy, 'mail', transaction)];
  const recipient = { local: 'alice', domain: 'example.test' };
  const rcpt = enter(transaction.open('rcpt', { ...mail, recipient, sitePostmaster: false }));
  judgements.push(await judge(policy, 'rcpt', rcpt));
  const found = rcpt.peek(destination);
  rcpt.leave();
  if (!found?.known || found.value.kind !== 'mailboxes') throw new Error('the recipient is unknown');
  const visit = enter(
    transaction.open('message', {
      ...mail,
      recipients: [{ recipient, destination: found.value }],
      content: contents[i % senders] ?? contentOf(Buffer.from('')),
      gate: { bareCr: false, nul: false, oversize: false },
      id: '0abc.1',
      receivedAt: new Date(),
    }),
  );
  judgements.push(await judge(policy, 'message', visit));
  for (const fact of policy.stamps.flatMap((stamp) => stamp.facts)) await visit.find(fact);
  await findOrigin(policy, visit);
  const foundOf: FoundOf = (fact) => visit.peek(fact) ?? { known: false, kind: 'fault', detail: 'not looked for', ms: 0 };
  let octets = 0;
  for (const stamp of policy.stamps) octets += stamp.write(visit.context, foundOf, { antispam: false }).length;
  transaction.leave();
  if (judgements.some(({ verdict }) => verdict.kind !== 'pass')) throw new Error(JSON.stringify(judgements));
  return octets;
}

const contents = Array.from({ length: senders }, (_, i) =>
  contentOf(
    Buffer.from(
      `From: Some One <someone@sender${i}.test>\r\nTo: alice@example.test\r\nSubject: a message of the load\r\nDate: Mon, 4 May 2026 03:02:01 +0000\r\nMessage-ID: <${i}@sender.test>\r\n\r\n${`${'x'.repeat(76)}\r\n`.repeat(50)}`,
    ),
  ),
);

async function run(count: number): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < count; i += 1) await judgeOne(i);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

await run(Math.max(2_000, senders));
const rounds: number[] = [];
for (let round = 0; round < 5; round += 1) rounds.push(await run(messages / 5));
const sorted = rounds.toSorted((a, b) => a - b);
process.stdout.write(
  `${sorted[2]?.toFixed(1)} us of processor time a message (median of five: ${sorted.map((us) => us.toFixed(1)).join(' ')})\n`,
);
await directory.close();
await rm(folder, { recursive: true });
