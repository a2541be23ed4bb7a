import { ask, openClient, readReply, type SmtpClient } from '@vratny/support/smtp-client';
import { waitFor } from '@vratny/support/wait-for';
import { ZONE } from '@vratny/support/world';
import { startWorldHost, type WorldHost } from '@vratny/support/world-host';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Rbldnsd, startRbldnsd } from './dns/rbldnsd.ts';
import { startUnbound, type Unbound } from './dns/unbound.ts';
import { type Haproxy, startHaproxy } from './haproxy.ts';

const LIST = 'bl.example';
/** Real clients, as HAProxy sees them; it speaks to mx from 127.0.0.1. */
const CLIENT = '127.0.0.50';
const STRANGER = '127.0.0.51';
const LISTED = '127.0.0.66';
const PROXIED = ['v1', 'v2', 'v2-checksum'] as const;
const SENDER = `${ZONE}
by-address.test. IN MX 10 mail.sender.test.
by-address.test. IN TXT "v=spf1 ip4:${CLIENT} ip6:::1 -all"
`;

let rbldnsd: Rbldnsd;
let unbound: Unbound;
let host: WorldHost;
let haproxy: Haproxy;
const opened: SmtpClient[] = [];

async function startAll(id: string): Promise<void> {
  host = await startWorldHost({
    host: id,
    workers: 1,
    site: {
      zone: SENDER,
      extra: {
        proxy: { networks: ['127.0.0.1'] },
        dns: { servers: [unbound.address], zoneFile: './zone.txt' },
        dnsbl: { zones: [{ zone: LIST, codes: ['127.0.0.2'] }] },
        tarpit: { delay: '0ms' },
      },
    },
  });
  haproxy = await startHaproxy(host.mx.port, {
    v1: 'send-proxy check check-send-proxy inter 200ms',
    v2: 'send-proxy-v2 check check-send-proxy inter 200ms',
    'v2-checksum': 'send-proxy-v2 proxy-v2-options crc32c,unique-id check check-send-proxy inter 200ms',
    plain: 'check inter 200ms',
    unchecked: '',
  });
}

beforeAll(async () => {
  rbldnsd = await startRbldnsd(LIST, [LISTED]);
  unbound = await startUnbound({ records: [], stubs: { [LIST]: rbldnsd.address.replace(':', '@') } });
});
afterAll(async () => {
  await unbound?.[Symbol.asyncDispose]();
  await rbldnsd?.[Symbol.asyncDispose]();
});
const stopAll = async () => {
  for (const connection of opened.splice(0)) connection.close();
  await haproxy?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
};

const explain = () => `${haproxy.log()}\n${host.mx.stderr()}`;
const sessions = () =>
  (host.mx.journal() as { kind?: string; what?: string; client?: string; detail?: string }[]).filter((one) => one.kind === 'session');

async function through(name: string, at: { host?: string; localAddress?: string } = { localAddress: CLIENT }): Promise<SmtpClient> {
  const connection = await openClient(haproxy.ports.get(name) ?? 0, at);
  opened.push(connection);
  return connection;
}

/** The reply to RCPT of a client that has just come. */
async function tryRecipient(connection: SmtpClient, sender: string): Promise<string> {
  expect(await readReply(connection)).toMatch(/^220 /u);
  await ask(connection, 'EHLO client.test');
  await ask(connection, `MAIL FROM:<${sender}>`);
  return ask(connection, 'RCPT TO:<alice@example.test>');
}

describe('d10 behind HAProxy', () => {
  beforeAll(() => startAll('d10'));
  afterAll(stopAll);

  test.each(PROXIED)('%s: health checks pass, and are nobody in the journal', async (name) => {
    await waitFor('the server is up', async () => ((await haproxy.health(name)) === 'UP L7OK' ? true : undefined), { explain });
    expect(sessions().filter((one) => one.what !== 'refused')).toEqual([]);
  });

  test('without send-proxy mx counts as down, and a connection is refused in words', async () => {
    await waitFor('the server is down', async () => ((await haproxy.health('plain')).startsWith('DOWN') ? true : undefined), { explain });
    const connection = await through('unchecked');
    expect(await readReply(connection)).toBe('421 4.4.2 no PROXY header came from 127.0.0.1 in time');
    expect(await connection.readLine()).toBeUndefined();
    const refused = await waitFor('a line', () => sessions().find((one) => one.what === 'refused'), { explain });
    expect(refused).toMatchObject({ client: '127.0.0.1', detail: expect.stringMatching(/^421 4\.4\.2 .*PROXY/u) });
  });

  test.each(PROXIED)('%s: SPF judges the real client', async (name) => {
    expect(await tryRecipient(await through(name), 'a@by-address.test')).toMatch(/^250 /u);
    expect(await tryRecipient(await through(name, { localAddress: STRANGER }), 'a@by-address.test')).toMatch(/^550 5\.7\.23 /u);
    expect(await tryRecipient(await through(name, { host: '::1' }), 'a@by-address.test')).toMatch(/^250 /u);
  });

  test.each(PROXIED)('%s: the blacklist judges the real client', async (name) => {
    expect(await tryRecipient(await through(name), 'a@sender.test')).toMatch(/^250 /u);
    await waitFor(
      'the list speaks',
      async () => {
        const reply = await tryRecipient(await through(name, { localAddress: LISTED }), 'a@sender.test');
        return reply.startsWith('553 5.7.1 ') ? true : undefined;
      },
      { explain },
    );
  });

  test.each(PROXIED)('%s: a message by TLS is stored, and names the real client', async (name) => {
    const connection = await through(name);
    expect(await readReply(connection)).toMatch(/^220 /u);
    await ask(connection, 'EHLO client.test');
    expect(await ask(connection, 'STARTTLS')).toMatch(/^220 /u);
    await connection.secure();
    await ask(connection, 'EHLO client.test');
    await ask(connection, 'MAIL FROM:<a@by-address.test>');
    await ask(connection, 'RCPT TO:<alice@example.test>');
    expect(await ask(connection, 'DATA')).toMatch(/^354 /u);
    expect(await ask(connection, `From: a@by-address.test\r\nSubject: through ${name}\r\n\r\nx\r\n.`)).toMatch(/^250 /u);
    const stored = host.site.stored('alice@example.test').find((one) => one.includes(`Subject: through ${name}\r\n`));
    expect(stored).toMatch(new RegExp(`^Received: from client\\.test \\(\\[${CLIENT}\\]\\)`, 'mu'));
    expect(stored).toMatch(new RegExp(`^Received-SPF: pass [\\s\\S]*?client-ip=${CLIENT}`, 'mu'));
    expect(sessions()).toContainEqual(expect.objectContaining({ what: 'opened', client: CLIENT, detail: 'through 127.0.0.1' }));
  });

  test('others come without a header, and may not say that they are somebody else', async () => {
    const direct = async (early?: Buffer) => {
      const connection = await openClient(host.mx.port, { early, localAddress: STRANGER });
      opened.push(connection);
      return connection;
    };
    expect(await tryRecipient(await direct(), 'a@sender.test')).toMatch(/^250 /u);
    const spoofing = await direct(Buffer.from(`PROXY TCP4 ${CLIENT} 127.0.0.1 1 25\r\n`));
    const reply = await readReply(spoofing);
    expect(reply.startsWith('220 ') ? await readReply(spoofing) : reply).toBe(`421 4.7.0 no PROXY header is taken from ${STRANGER}`);
    await waitFor('a line', () => sessions().find((one) => one.what === 'refused' && one.client === STRANGER), { explain });
  });
});

describe('c20, the tarpit, behind HAProxy', () => {
  beforeAll(() => startAll('c20'));
  afterAll(stopAll);

  test.each(PROXIED)('%s: it says later to the real client', async (name) => {
    const connection = await through(name);
    expect(await readReply(connection)).toMatch(/^220 /u);
    expect(await ask(connection, 'MAIL FROM:<a@sender.test>')).toMatch(/^451 4\.3\.2 /u);
    connection.close();
    await waitFor('a line', () => sessions().find((one) => one.what === 'closed' && one.client === CLIENT), { explain });
  });

  test('health checks are answered, but a host that takes nothing fails the one that says EHLO', async () => {
    await waitFor('the server is down', async () => ((await haproxy.health('v2')).startsWith('DOWN L7') ? true : undefined), { explain });
    expect(sessions().filter((one) => one.what === 'closed' && one.client === '127.0.0.1')).toEqual([]);
  });
});
