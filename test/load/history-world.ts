import { newReceipt } from '@vratny/journal';
import type { History, HistoryEntry, HistoryQuery } from '@vratny/journal/history';

/** Days over which entries are spread; as many as are kept unless the site says otherwise. */
export const DAYS = 14;
export const DAY_MS = 86_400_000;

/** What becomes of mail, by share: most of it is delivered, and some checks hardly ever decide. */
const OUTCOMES = [
  { share: 0.4, check: '', verdict: 'delivered', reply: '250 2.0.0 stored' },
  {
    share: 0.25,
    check: 'dnsbl',
    verdict: 'refused',
    reply: '553 5.7.1 your address 198.51.100.7 is listed by bl.example: see https://bl.example/',
  },
  { share: 0.15, check: 'mailbox', verdict: 'refused', reply: '550 5.1.1 there is no such mailbox here' },
  { share: 0.1, check: 'greylist', verdict: 'delayed', reply: '451 4.7.1 greylisted: please try again in 300 seconds' },
  {
    share: 0.0889,
    check: 'spf',
    verdict: 'refused',
    reply: '550 5.7.23 sender.example does not allow 198.51.100.7 to send mail in its name (SPF)',
  },
  { share: 0.01, check: 'antispam', verdict: 'refused', reply: '554 5.7.1 the message looks like spam (score 17.2, refused above 15)' },
  { share: 0.001, check: 'attachments', verdict: 'refused', reply: '554 5.7.1 "a.zip/b.exe": files ending in .exe are not accepted here' },
  { share: 0.0001, check: 'antivirus', verdict: 'refused', reply: '554 5.7.1 a virus was found in the message: Eicar-Test-Signature' },
] as const;
const STORY = `{"decision":{"stage":"rcpt","facts":{"spf":{"ms":3.1,"value":"fail (sender.example)"}},"pad":"${'x'.repeat(600)}"}}`;

const pick = (count: number) => Math.floor(Math.random() * count);
/** Few are large: of 10,000, the first one has a twentieth of all. */
const pickSkewed = (count: number) => Math.floor(count * Math.random() ** 3);

/** Mail of a site with so many domains. */
export interface World {
  readonly entryAt: (at: Date) => HistoryEntry;
  readonly domain: () => string;
  readonly largestDomain: string;
}

/** Makes one. */
export function makeWorld(domains: number): World {
  const nameOf = (nth: number) => `domain${nth}.example`;
  const domain = () => nameOf(pickSkewed(domains));
  return {
    domain,
    largestDomain: nameOf(0),
    entryAt(at) {
      const { check, verdict, reply } = pickOutcome();
      // Bounces, and senders of whom some write much.
      const sender = Math.random() < 0.05 ? '' : `user${pickSkewed(50_000)}@sender${pickSkewed(5_000)}.example`;
      return {
        ...{ id: newReceipt(at), at, host: 'd10', client: `198.51.${pick(256)}.${pickSkewed(256)}`, helo: 'mail.sender.example' },
        ...{ sender, recipient: `box${pick(20)}@${domain()}`, check, verdict, reply, sizeBytes: pick(100_000), story: STORY },
      };
    },
  };
}

function pickOutcome(): (typeof OUTCOMES)[number] {
  let left = Math.random();
  for (const outcome of OUTCOMES) {
    left -= outcome.share;
    if (left < 0) return outcome;
  }
  return OUTCOMES[0];
}

/** Every kind of search that there is, each with another value each time. `known` are entries that are there. */
export function searchesOf(
  history: History,
  { world, known, now }: { readonly world: World; readonly known: readonly HistoryEntry[]; readonly now: number },
): readonly (readonly [what: string, ask: () => Promise<unknown>])[] {
  const one = () => known[pick(known.length)] ?? world.entryAt(new Date(now));
  const range = { since: new Date(now - DAYS * DAY_MS), until: new Date(now + DAY_MS) };
  const search = (query: Partial<HistoryQuery>) => history.search({ ...range, limit: 50, ...query });
  const yesterday = { since: new Date(dayBefore(now)), until: new Date(dayBefore(now) + DAY_MS) };
  const dayName = (at: number) => new Date(at).toISOString().slice(0, 10);
  const { domain, largestDomain } = world;
  return [
    ['a receipt', () => history.find(one().id)],
    ['a receipt that nobody has', () => history.find(newReceipt(new Date(now - pick(DAYS) * DAY_MS)))],
    ['a domain', () => search({ domain: domain() })],
    ['a domain, the last two days', () => search({ domain: domain(), since: new Date(now - 2 * DAY_MS) })],
    ['a domain and a check', () => search({ domain: domain(), check: 'spf' })],
    ['the largest domain and a rare check', () => search({ domain: largestDomain, check: 'antivirus' })],
    ['the largest domain and a verdict', () => search({ domain: largestDomain, verdict: 'delayed' })],
    ['a domain, a check that never spoke, a verdict', () => search({ domain: largestDomain, check: 'hop-count', verdict: 'refused' })],
    ['a domain and a recipient', () => search({ domain: largestDomain, recipient: `box${pick(20)}@${largestDomain}` })],
    ['a domain and the beginning of a recipient', () => search({ domain: largestDomain, recipient: 'box1*' })],
    ['a domain and a sender', () => search({ domain: largestDomain, sender: one().sender })],
    ['a domain and the beginning of a sender', () => search({ domain: largestDomain, sender: `user${pick(100)}@*` })],
    ['a domain and bounces', () => search({ domain: domain(), sender: '' })],
    ['a recipient', () => search({ recipient: one().recipient })],
    ['a recipient that never was', () => search({ recipient: 'nobody@nowhere.example' })],
    ['the beginning of a recipient', () => search({ recipient: `${one().recipient.slice(0, 12)}*` })],
    ['one letter of a recipient', () => search({ recipient: 'b*' })],
    ['a sender', () => search({ sender: one().sender })],
    ['the beginning of a sender', () => search({ sender: `${one().sender.slice(0, 9)}*` })],
    ['one letter of a sender', () => search({ sender: 'u*' })],
    ['bounces', () => search({ sender: '' })],
    ['a client', () => search({ client: one().client })],
    ['clients of a network', () => search({ client: `198.51.${pick(256)}.*` })],
    ['a check', () => search({ check: 'dnsbl' })],
    ['a rare check', () => search({ check: 'antivirus' })],
    ['a check and a verdict that it never has', () => search({ check: 'dnsbl', verdict: 'delayed' })],
    ['a verdict', () => search({ verdict: 'delayed' })],
    ['everything', () => search({})],
    ['the twentieth page', () => twentieth(search)],
    ['a text within a day', () => search({ ...yesterday, contains: 'nowhere to be found' })],
    ['a text that many have, within a day', () => search({ ...yesterday, contains: 'GREYLISTED' })],
    ['a text within a day of a domain', () => search({ ...yesterday, domain: largestDomain, contains: 'nowhere to be found' })],
    [
      'counts of a domain, a month',
      () => history.counts({ domain: domain(), from: dayName(now - 30 * DAY_MS), to: dayName(now), limit: 500 }),
    ],
    ['counts of all domains, two days', () => history.counts({ from: dayName(now - DAY_MS), to: dayName(now), limit: 500 })],
  ];
}

const dayBefore = (now: number) => (Math.floor(now / DAY_MS) - 1) * DAY_MS;

/** The places where nineteen pages end are looked for once; the page behind them is what is measured. */
let place: string | undefined;
async function twentieth(search: (query: Partial<HistoryQuery>) => ReturnType<History['search']>): Promise<void> {
  let at = place;
  for (let i = 0; place === undefined && i < 19; i += 1) at = (await search(at === undefined ? {} : { after: at })).next;
  place ??= at;
  await search(place === undefined ? {} : { after: place });
}
