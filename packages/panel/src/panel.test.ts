import { type HistoryEntry, newReceipt } from '@vratny/journal';
import { createMemoryHistory } from '@vratny/journal/history/memory';
import { afterEach, describe, expect, it } from 'vitest';
import { FORMS, PAGES, RECIPIENT_MAX, SENDER_MAX } from './limits.ts';
import { CODES, explainCode } from './receipt/kind.ts';
import { openSqliteRequests } from './requests/sqlite.ts';
import { createPanel } from './server.ts';
import { LANGUAGES } from './words/index.ts';

const AT = new Date('2026-11-26T10:12:00Z');
const HOSTILE = '<script>alert(1)</script>"\'&amp;\u202e';
const SPF_PASS = { spf: { value: 'pass (partner.example)' } };

const entry = (parts: Partial<HistoryEntry> = {}, facts: object = SPF_PASS): HistoryEntry => ({
  ...{ id: newReceipt(AT), at: AT, host: 'd10', client: '203.0.113.77', helo: 'mail.partner.example' },
  ...{ sender: 'anna@partner.example', recipient: 'jana@firma.example', check: 'dnsbl', verdict: 'refused' },
  reply: '553 5.7.1 your address 203.0.113.77 is listed by bl.test: seen 77.113.0.203, 203.0.113.77 for Jana@firma.example',
  story: JSON.stringify({ decision: { facts } }),
  ...parts,
});

const closing: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0)) await one.close();
});

async function panelOf(
  entries: readonly HistoryEntry[],
  wishes: { readonly now?: Date; readonly store?: boolean; readonly monotonicMs?: () => number } = {},
) {
  const history = createMemoryHistory();
  await history.add(entries, []);
  const requests = wishes.store === false ? undefined : await openSqliteRequests(':memory:');
  const faults: string[] = [];
  const panel = createPanel({
    ...{ history, requests, url: 'https://panel.example', days: 14, proxies: ['127.0.0.1/32', '10.0.0.0/28'] },
    now: () => wishes.now ?? new Date('2026-11-27T00:00:00Z'),
    monotonicMs: wishes.monotonicMs ?? (() => performance.now()),
    onFault: (detail) => void faults.push(detail),
  });
  closing.push(panel, ...(requests === undefined ? [] : [requests]));
  const get = (url: string, headers: Record<string, string> = {}) => panel.inject({ url, headers });
  const ask = (id: string, headers: Record<string, string> = {}) => panel.inject({ method: 'POST', url: `/r/${id}/ask?l=en`, headers });
  return { get, ask, faults, requests };
}

/** A reply of every check and bound, with all that must not be told in it. */
const REPLIES: readonly HistoryEntry[] = CODES.flatMap((check) =>
  (['refused', 'delayed'] as const).map((verdict) =>
    entry({
      ...{ check, verdict },
      reply: `550 5.1.1 jana@firma.example at 203.0.113.77 is full or there is no mailbox: "jana@firma.example.exe": is listed by bl.test: jana 203.0.113.77`,
    }),
  ),
);

describe('the page of a receipt', () => {
  it.each(LANGUAGES.map((words) => [words.tag, words] as const))(
    'tells nobody who, where from, or of the mailbox, in %s',
    async (tag, words) => {
      const delivered = entry({ verdict: 'delivered', check: '', reply: '250 2.0.0 stored' });
      const { get } = await panelOf([...REPLIES, delivered]);
      for (const { id, check, verdict } of [...REPLIES, delivered]) {
        const { statusCode, body } = await get(`/r/${id}?l=${tag}`);
        expect(statusCode, check).toBe(200);
        expect(body.replaceAll('no mailbox', ''), check).not.toMatch(/jana|203\.0\.113\.77|77\.113\.0\.203|203-0-113-77|firma\.example/iu);
        expect(body, check).toContain(`<html lang="${tag}">`);
        expect(body).toContain(words.headings.postmaster);
        expect(body, `${check} ${verdict}`).not.toMatch(/undefined|\{when\}|\{date\}|\[object/u);
      }
    },
  );

  it.each([
    '2001:db8::77',
    '2001:0DB8:0:0:0:0:0:77',
    '2001:0db8:0000:0000:0000:0000:0000:0077',
    '2001%3Adb8%3A%3A77',
    Array.from('20010db8000000000000000000000077').join('.'),
    Array.from('20010db8000000000000000000000077').toReversed().join('.'),
  ])('leaves the address of a client out that is written %s', async (written) => {
    const client = '2001:db8::77';
    const one = entry({ client, reply: `553 5.7.1 your address ${client} is listed by bl.test: see ${written}/x and 2001:db8::78` });
    const { body } = await (await panelOf([one])).get(`/r/${one.id}?l=en`);
    expect(body).toContain('see …/x and 2001:db8::78');
  });

  it('leaves a local part out of strangers’ texts as a word, and our own texts alone', async () => {
    const recipient = 'mail@firma.example';
    const one = entry({
      recipient,
      reply: '553 5.7.1 your address 203.0.113.77 is listed by bl.mailspike.net: mail sent to mail, not email',
    });
    const { body } = await (await panelOf([one])).get(`/r/${one.id}?l=en`);
    expect(body).toContain('bl.mailspike.net');
    expect(body).toContain('https://mailspike.io/ip_verify');
    expect(body).toContain('… sent to …, not email');
  });

  it('leaves what must not be told out before a long text is cut', async () => {
    const one = entry({ reply: `553 5.7.1 your address 203.0.113.77 is listed by bl.test: ${'x'.repeat(294)} 203.0.113.77` });
    const { body } = await (await panelOf([one])).get(`/r/${one.id}?l=en`);
    expect(body).not.toMatch(/203\.0/u);
  });

  it('says the same of every state of a mailbox', async () => {
    const rows = [
      entry({ check: 'mailbox', reply: '550 5.1.1 there is no mailbox jana@firma.example here' }),
      entry({ check: 'mailbox', reply: '550 5.2.1 the mailbox jana@firma.example is switched off' }),
      entry({ check: 'mailbox-room', reply: '552 5.2.2 the mailbox jana@firma.example is full' }),
      entry({ check: 'store', reply: '552 5.2.2 quota' }),
    ];
    const { get } = await panelOf(rows);
    const bodies = new Set<string>();
    for (const { id } of rows) bodies.add((await get(`/r/${id}?l=en`)).body.replaceAll(id, ''));
    expect(bodies.size).toBe(1);
  });

  it.each<[string, Partial<HistoryEntry>, object, RegExp]>([
    [
      'the list, and where it takes requests',
      { reply: '553 5.7.1 your address 203.0.113.77 is listed by bl.spamcop.net' },
      SPF_PASS,
      /bl\.spamcop\.net.*spamcop\.net\/bl\.shtml/su,
    ],
    [
      'the SPF record',
      { check: 'spf', reply: '550 5.7.23 x' },
      { spf: { value: 'fail (partner.example): v=spf1 -all' } },
      />v=spf1 -all</u,
    ],
    [
      'the file with its path',
      { check: 'attachments', reply: '554 5.7.1 "a.zip/b.exe": files ending in .exe are not accepted here' },
      {},
      />a\.zip\/b\.exe</u,
    ],
    ['the virus', { check: 'antivirus', reply: '554 5.7.1 a virus was found in the message: Eicar-Test' }, {}, />Eicar-Test</u],
    [
      'how long to wait',
      { check: 'greylist', verdict: 'delayed', reply: '451 4.7.1 greylisted: please try again in 300 seconds (x)' },
      {},
      />5 minutes</u,
    ],
    [
      'the limit',
      { check: 'received-size', reply: '552 5.3.4 the message is larger than this server takes (100 MiB, 104857600 octets)' },
      {},
      />100 MiB</u,
    ],
  ])('tells the postmaster %s', async (_what, parts, facts, expected) => {
    const one = entry(parts, facts);
    const { get } = await panelOf([one]);
    expect((await get(`/r/${one.id}?l=en`)).body).toMatch(expected);
  });

  it.each<[string, Partial<HistoryEntry>, object]>([
    ['a sender', { check: 'sender-domain', sender: `a@${HOSTILE}` }, {}],
    ['a list’s text', { reply: `553 5.7.1 your address 1.2.3.4 is listed by ${HOSTILE.slice(0, 8)}: ${HOSTILE}` }, {}],
    ['a file', { check: 'attachments', reply: `554 5.7.1 "${HOSTILE}": files ending in .exe are not accepted here` }, {}],
    ['an SPF record', { check: 'spf' }, { spf: { value: `fail (x): v=spf1 ${HOSTILE}` } }],
    ['a HELO', { check: 'spf', helo: HOSTILE }, {}],
    ['a story that is none', { story: 'null' }, {}],
  ])('shows %s as text', async (_what, parts, facts) => {
    const one = entry({ ...parts, ...('story' in parts ? {} : { story: JSON.stringify({ decision: { facts } }) }) });
    const { get } = await panelOf([one]);
    const { body, statusCode } = await get(`/r/${one.id}?l=en`);
    expect(statusCode).toBe(200);
    expect(body).not.toContain('<script');
    expect(body).not.toContain('\u202e');
  });

  it('has a policy without script, and leaves no trace in caches, search engines and other sites', async () => {
    const one = entry();
    const { get } = await panelOf([one]);
    for (const url of [`/r/${one.id}`, '/r/unknown', '/why/spf', '/nowhere', `/r/${one.id}/ask`]) {
      const { headers } = await get(url);
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-robots-tag': 'noindex', 'referrer-policy': 'no-referrer' });
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).not.toMatch(/script|unsafe/u);
    }
  });

  it('is in the language of the reader, or the chosen one', async () => {
    const { get } = await panelOf([]);
    const tagOf = async (accepted: string, query = '') =>
      (await get(`/why/spf${query}`, { 'accept-language': accepted })).headers['content-language'];
    expect(await tagOf('pl-PL,pl;q=0.9,en;q=0.8')).toBe('pl');
    expect(await tagOf('fr, de;q=0.4, cs;q=0.7')).toBe('cs');
    expect(await tagOf('fr')).toBe('en');
    expect(await tagOf('de;q=0, *')).toBe('en');
    expect(await tagOf('pl', '?l=de')).toBe('de');
    expect(await tagOf('pl', '?l=xx&l=yy')).toBe('pl');
  });
});

describe('what is not there', () => {
  it('is one page: unknown, expired, foreign, malformed', async () => {
    const old = entry({ at: new Date('2026-11-01T00:00:00Z') });
    const { get } = await panelOf([old], { now: new Date('2026-12-24T00:00:00Z') });
    const ids = [
      newReceipt(AT),
      newReceipt(new Date(0)),
      old.id,
      'x',
      '%zz',
      '%00',
      'a'.repeat(500),
      `${old.id}/`,
      `${old.id}/ask`,
      '..%2f..',
      '',
    ];
    const bodies = new Set<string>();
    for (const id of ids) {
      const start = performance.now();
      const { body, statusCode } = await get(`/r/${id}`);
      expect(statusCode, id).toBe(404);
      expect(performance.now() - start, id).toBeGreaterThanOrEqual(35);
      bodies.add(body);
    }
    expect(bodies.size).toBe(1);
  });

  it('is said of a history that cannot be read in words, without ours', async () => {
    const panel = createPanel({
      ...{
        history: { find: () => Promise.reject(new Error('EIO /secret')) },
        requests: undefined,
        url: 'https://x',
        days: 14,
        proxies: [],
      },
      ...{ now: () => AT, monotonicMs: () => 0, onFault: () => undefined },
    });
    closing.push(panel);
    const { statusCode, body } = await panel.inject({ url: `/r/${newReceipt(AT)}` });
    expect(statusCode).toBe(503);
    expect(body).not.toContain('secret');
  });
});

describe('the pages that explain a kind', () => {
  it.each(CODES)('%s is explained, in all languages and to its end', async (code) => {
    const { get } = await panelOf([]);
    for (const { tag, kinds } of LANGUAGES) {
      const { body, statusCode } = await get(`/why/${code}?l=${tag}`);
      expect(statusCode).toBe(200);
      expect(body).toContain(kinds[explainCode(code)?.kind ?? 'dns'].you[0]);
    }
  });

  it.each(['nothing', 'constructor', '%00', ''])('%j is not', async (code) => {
    const { get } = await panelOf([]);
    expect((await get(`/why/${code}`)).statusCode).toBe(404);
  });
});

describe('asking to be let in', () => {
  it('is offered, confirmed, noted once, and a hundred looks change nothing', async () => {
    const one = entry();
    const { get, ask, requests } = await panelOf([one]);
    expect((await get(`/r/${one.id}?l=en`)).body).toContain('Ask to be let in…');
    for (let i = 0; i < 100; i += 1) await get(`/r/${one.id}${i % 2 === 0 ? '' : '/ask'}`);
    expect(await requests?.has(one.id)).toBe(false);
    const { statusCode, headers } = await ask(one.id, {
      'sec-fetch-site': 'same-origin',
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect([statusCode, headers.location]).toEqual([303, `/r/${one.id}?l=en`]);
    expect(await requests?.has(one.id)).toBe(true);
    expect((await get(`/r/${one.id}?l=en`)).body).toContain('Your request was noted.');
    expect((await ask(one.id)).statusCode).toBe(303);
  });

  it.each<[string, Partial<HistoryEntry>, object]>([
    ['a sender that nobody confirms', {}, { spf: { value: 'softfail (partner.example)' } }],
    ['a domain that only looks like the sender’s', {}, { spf: { value: 'pass (partner.example.evil.example)' } }],
    ['a signature of somebody else', { check: 'antispam' }, { authentication: { value: 'dkim=pass; signed by evil.example' } }],
    ['a signature of a domain below', { check: 'antispam' }, { authentication: { value: 'dkim=pass; signed by x.partner.example' } }],
    ['a signature of a name with the same end', { check: 'antispam' }, { authentication: { value: 'dkim=pass; signed by ner.example' } }],
    ['a bounce', { sender: '' }, { spf: { value: 'pass ()' } }],
    ['a virus', { check: 'antivirus' }, SPF_PASS],
    ['an unknown mailbox', { check: 'mailbox' }, SPF_PASS],
    ['a delay', { check: 'antispam', verdict: 'delayed' }, SPF_PASS],
  ])('is not for %s', async (_what, parts, facts) => {
    const one = entry(parts, facts);
    const { get, ask, requests } = await panelOf([one]);
    expect((await get(`/r/${one.id}?l=en`)).body).not.toContain('/ask');
    expect((await get(`/r/${one.id}/ask`)).statusCode).toBe(404);
    expect((await ask(one.id)).statusCode).toBe(404);
    expect(await requests?.has(one.id)).toBe(false);
  });

  it.each([
    ['dkim=pass arc=none dmarc=pass; signed by partner.example', 303],
    ['dkim=pass dkim=pass arc=none dmarc=pass; signed by esp.example,partner.example', 303],
    ['dkim=pass arc=none dmarc=pass; signed by news.partner.example', 303],
    ['dkim=pass arc=none dmarc=pass', 404],
    ['dkim=fail arc=none dmarc=fail', 404],
  ])('of a message that was refused after DATA, whose signatures are %s, is answered with %i', async (value, status) => {
    const facts = { authentication: { value }, spf: { value: 'softfail (news.partner.example)' } };
    const one = entry({ check: 'antispam', sender: 'a@news.partner.example' }, facts);
    const { ask } = await panelOf([one]);
    expect((await ask(one.id)).statusCode).toBe(status);
  });

  it('is noted at every domain that refused the message, as far as each still takes one', async () => {
    const at = (recipient: string, id = newReceipt(AT), sender = 'a@s0.example') =>
      entry({ id, recipient, sender, check: 'antispam' }, { spf: { value: `pass (${sender.split('@')[1]})` } });
    const shared = newReceipt(AT);
    const many = Array.from({ length: RECIPIENT_MAX }, (_, i) => at('x@busy.example', newReceipt(AT), `a@s${i + 1}.example`));
    const { ask, requests } = await panelOf([
      ...many,
      at('x@one.example', shared),
      at('y@busy.example', shared),
      at('z@two.example', shared),
    ]);
    for (const { id } of many) expect((await ask(id)).statusCode).toBe(303);
    expect((await ask(shared)).statusCode).toBe(303);
    expect(await requests?.has(shared)).toBe(true);
    // Its limit is of domains that it was noted at: there is room for nineteen more at the other two, and none at the busy one.
    const add = (receipt: string, domain: string) =>
      requests?.add({ receipt, at: new Date('2026-11-27T00:00:00Z'), senderDomain: `${receipt}.example`, recipientDomains: [domain] });
    for (let i = 1; i < RECIPIENT_MAX; i += 1) expect(await add(`r${i}`, 'two.example')).toBe('noted');
    expect(await add('last', 'two.example')).toBe('full');
    expect(await add('last', 'busy.example')).toBe('full');
  });

  it.each([
    [{ 'sec-fetch-site': 'cross-site' }, 404],
    [{ 'sec-fetch-site': 'same-site' }, 404],
    [{ origin: 'https://evil.example' }, 404],
    [{ origin: 'https://panel.example' }, 303],
    [{ origin: 'null', 'sec-fetch-site': 'same-origin' }, 303],
  ])('of a form with %j is answered with %i', async (headers, status) => {
    const one = entry();
    const { ask } = await panelOf([one]);
    expect((await ask(one.id, headers)).statusCode).toBe(status);
  });

  it('has its limits: of a sender’s domain, of a recipient’s domain', async () => {
    const ofSender = Array.from({ length: SENDER_MAX + 1 }, (_, i) => entry({ recipient: `a@r${i}.example` }));
    const ofRecipient = Array.from({ length: RECIPIENT_MAX + 1 }, (_, i) =>
      entry({ sender: `a@s${i}.example`, recipient: 'x@busy.example' }, { spf: { value: `pass (s${i}.example)` } }),
    );
    const { ask } = await panelOf([...ofSender, ...ofRecipient]);
    for (const some of [ofSender, ofRecipient]) {
      const said: number[] = [];
      for (const { id } of some) said.push((await ask(id)).statusCode);
      expect(said).toEqual([...some.slice(1).map(() => 303), 429]);
    }
  });

  it('is not there without a store, and takes no large body', async () => {
    const one = entry();
    const { get, ask } = await panelOf([one], { store: false });
    expect((await get(`/r/${one.id}`)).body).not.toContain('/ask');
    expect((await ask(one.id)).statusCode).toBe(404);
    const { ask: other } = await panelOf([one]);
    expect((await other(one.id, { 'content-length': '100000' })).statusCode).toBeGreaterThanOrEqual(400);
  });
});

describe('a client that asks too much', () => {
  const headers = (client: string) => ({ 'x-forwarded-for': client });

  it('is told when to come again, in its language, and does not stand in the way of others', async () => {
    let now = 0;
    const { get, ask } = await panelOf([], { monotonicMs: () => now });
    const statusOf = async (client: string, url = '/why/spf') => (await get(url, headers(client))).statusCode;
    for (let i = 0; i < PAGES.burst; i += 1) expect(await statusOf('192.0.2.1')).toBe(200);
    const refused = await get('/why/spf?l=cs', headers('192.0.2.1'));
    expect([refused.statusCode, refused.headers['retry-after'], refused.headers['content-language']]).toEqual([429, '1', 'cs']);
    expect(refused.headers['content-security-policy']).toContain("default-src 'none'");
    expect(await statusOf('192.0.2.1', '/r/unknown')).toBe(429);
    expect(await statusOf('192.0.2.1', '/livez')).toBe(200);
    expect(await statusOf('192.0.2.2')).toBe(200);
    now += 1_000;
    expect(await statusOf('192.0.2.1')).toBe(200);
    // Forms have a bound of their own.
    const asked: number[] = [];
    for (let i = 0; i <= FORMS.burst; i += 1) asked.push((await ask('unknown', headers('192.0.2.3'))).statusCode);
    expect(new Set(asked.slice(0, -1))).toEqual(new Set([404]));
    expect(asked.at(-1)).toBe(429);
  });

  it.each([
    ['the first 64 bits of IPv6', '2001:db8:0:7::1', '2001:db8::7:ffff:0:0:1', true],
    ['another network of IPv6', '2001:db8:0:7::1', '2001:db8:0:8::1', false],
    ['an IPv4 address in IPv6', '::ffff:192.0.2.9', '192.0.2.9', true],
    ['what a client says in front of what its web server says', '192.0.2.1, 198.51.100.7', '192.0.2.2, 198.51.100.7', true],
    ['a client behind two web servers', '198.51.100.7, 10.0.0.3', '198.51.100.8, 10.0.0.3', false],
  ])('is told apart by %s', async (_what, first, second, same) => {
    const { get } = await panelOf([], { monotonicMs: () => 0 });
    for (let i = 0; i < PAGES.burst; i += 1) await get('/why/spf', headers(first));
    expect((await get('/why/spf', headers(first))).statusCode).toBe(429);
    expect((await get('/why/spf', headers(second))).statusCode).toBe(same ? 429 : 200);
  });
});
