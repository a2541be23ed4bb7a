import { type Postfix, startPostfix } from '@vratny/support/postfix';
import { waitFor } from '@vratny/support/wait-for';
import { startWorldHost, type WorldHost } from '@vratny/support/world-host';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { findPort, findResolverAddress } from './find-port.ts';
import { type Rbldnsd, startRbldnsd } from './rbldnsd.ts';
import { startUnbound, type Unbound } from './unbound.ts';

/** Where the sending server comes from: another address than 127.0.0.1, which no list may list (RFC 5782 §5). */
const CLIENT = '127.0.0.66';
const LIST = 'bl.test';

/** What the sending server sees: where mail for example.test goes. */
const ROUTES = ['example.test. IN MX 10 mx1d10.example.test.', 'mx1d10.example.test. IN A 127.0.0.1'];
/** What mx sees of senders; domains of their own keep mx's cache out of the tests. */
const SENDERS = ['sender.test', 'listed.test', 'late.test', 'away.test'].flatMap((name) => [
  `${name}. IN MX 10 mail.${name}.`,
  `${name}. IN TXT "v=spf1 ip4:127.0.0.0/8 -all"`,
]);
const FORGED = ['forged.test. IN MX 10 mail.forged.test.', 'forged.test. IN TXT "v=spf1 ip4:192.0.2.1 -all"'];
const RECORDS = [...ROUTES, ...SENDERS, ...FORGED];
const LOCAL_DOMAINS = 'sender.test listed.test late.test away.test nomx.test broken.test forged.test';

let rbldnsd: Rbldnsd;
/** The sending server's, which is always there. */
let theirs: Unbound;
/** The one that mx asks. */
let ours: Unbound;
let host: WorldHost;
let postfix: Postfix;
let lists: { readonly [zone: string]: string };
const explain = () => `${postfix.log()}\n${host.mx.stderr()}\n${ours.log()}`;

beforeAll(async () => {
  rbldnsd = await startRbldnsd(LIST, []);
  lists = { [LIST]: rbldnsd.address.replace(':', '@') };
  const resolver = await findResolverAddress();
  theirs = await startUnbound({ records: ROUTES }, { ip: resolver, port: 53 });
  ours = await startUnbound({ records: RECORDS, stubs: { ...lists, 'broken.test': `127.0.0.1@${await findPort()}` } });
  const extra = { dns: { servers: [ours.address] }, dnsbl: { zones: [{ zone: LIST }] } };
  host = await startWorldHost({ site: { zone: '', extra } });
  const settings = {
    relayhost: '',
    smtp_dns_support_level: 'enabled',
    smtp_host_lookup: 'dns',
    // Without brackets the name is looked up for MX records; only the port is told.
    transport_maps: `inline:{{example.test=smtp:example.test:${host.mx.port}}}`,
    smtp_bind_address: CLIENT,
    virtual_mailbox_domains: LOCAL_DOMAINS,
  };
  postfix = await startPostfix({ relayPort: host.mx.port, tls: 'none', settings, resolver });
});

afterAll(async () => {
  for (const one of [postfix, host, ours, theirs, rbldnsd]) await one?.[Symbol.asyncDispose]();
});

afterEach(async () => {
  await waitFor('the queue is empty', async () => ((await postfix.isQueueEmpty()) ? true : undefined), { explain });
});

async function send(name: string, from: string, to = 'alice@example.test'): Promise<void> {
  const lines = [
    `From: ${from}`,
    `To: ${to}`,
    'Date: Mon, 06 Jan 2025 10:00:00 +0000',
    `Message-ID: <${name}@test>`,
    `Subject: ${name}`,
    '',
    'x',
    '',
  ];
  await postfix.send(lines.join('\r\n'), { from, to: [to] });
}

const stored = (name: string) => host.site.stored('alice@example.test').filter((one) => one.includes(`Subject: ${name}\r\n`));
const arrival = (name: string) => waitFor(`${name} has arrived`, () => stored(name)[0], { explain });
const said = (reply: RegExp) => waitFor(`the log says ${reply}`, () => (reply.test(postfix.log()) ? true : undefined), { explain });
const bounce = async (name: string) => {
  const text = await waitFor(`a bounce of ${name}`, () => postfix.returned().find((one) => one.includes(`Subject: ${name}\n`)), {
    explain,
  });
  return text.replaceAll(/\s+/gu, ' ');
};

test('mail finds its way by MX, and the header says what DNS said', async () => {
  await send('plain', 'a@sender.test');
  const message = (await arrival('plain')).replaceAll(/\r\n\t/gu, ' ');
  expect(message).toMatch(/^Authentication-Results: mx1d10\.example\.test;.* spf=pass /mu);
  expect(message).toMatch(/^Received-SPF: pass .*client-ip=127\.0\.0\.66;/mu);
});

test('a listed client is refused with 553, and the bounce carries our text and the list’s', async () => {
  rbldnsd.write([CLIENT]);
  await rbldnsd.stop();
  await rbldnsd.start();
  await send('listed', 'a@listed.test');
  expect(await bounce('listed')).toContain(
    `553 5.7.1 your address ${CLIENT} is listed by ${LIST}: seen in a spam trap, see https://list.test/${CLIENT}`,
  );
  rbldnsd.write([]);
  await rbldnsd.stop();
  await rbldnsd.start();
  // What was heard of this client may be kept for the list's TTL; muting the list forgets it.
});

test('the list is stopped: it is muted, and mail goes on', async () => {
  await rbldnsd.stop();
  await waitFor(
    'mail arrives',
    async () => {
      await send('muted', 'a@sender.test');
      return (await arrivedOrBounced('muted')) ? true : undefined;
    },
    { explain, deadlineMs: 90_000 },
  );
  await waitFor('the journal tells of it', () => (host.mx.stderr().includes(`${LIST} is muted`) ? true : undefined), { explain });
  await rbldnsd.start();
});

/** True once it has arrived, false when it came back. */
const arrivedOrBounced = async (name: string): Promise<boolean> => {
  const before = postfix.returned().length;
  return await waitFor(
    `${name} is decided`,
    () => (stored(name).length > 0 ? true : postfix.returned().length > before ? false : undefined),
    { explain },
  );
};

test('SPF that says no comes back with 550 5.7.23', async () => {
  await send('forged', 'a@forged.test');
  expect(await bounce('forged')).toContain('550 5.7.23 forged.test does not allow 127.0.0.66');
});

test('a sender domain without MX or address comes back with 550 5.1.8', async () => {
  await send('nomx', 'a@nomx.test');
  expect(await bounce('nomx')).toContain('550 5.1.8 the sender domain nomx.test has neither an MX nor an address record');
});

test('SERVFAIL is 451, and the mail arrives once when DNS is back', async () => {
  await send('servfail', 'a@broken.test');
  await said(/451 4\.4\.3/u);
  expect(stored('servfail')).toEqual([]);
  ours.write({ records: [...RECORDS, 'broken.test. IN MX 10 mail.broken.test.'], stubs: lists });
  await ours.stop();
  await ours.start();
  await arrival('servfail');
  await waitFor('the queue is empty', async () => ((await postfix.isQueueEmpty()) ? true : undefined), { explain });
  expect(stored('servfail')).toHaveLength(1);
});

test('DNS is away: 451 for those who may be honest, 550 for a mailbox that does not exist, and all arrives once when it is back', async () => {
  await ours.stop();
  const before = postfix.log().length;
  await send('away', 'a@away.test');
  await send('unknown', 'a@late.test', 'nobody@example.test');
  expect(await bounce('unknown')).toContain('550 5.1.1 there is no mailbox nobody@example.test here');
  await waitFor('it is put off', () => (postfix.log().slice(before).includes('451 4.') ? true : undefined), { explain });
  expect(stored('away')).toEqual([]);
  await ours.start();
  await arrival('away');
  await waitFor('the queue is empty', async () => ((await postfix.isQueueEmpty()) ? true : undefined), { explain });
  expect(stored('away')).toHaveLength(1);
});
