import { setImmediate } from 'node:timers/promises';
import { createReplyReader } from '@vratny/client';
import { createMemoryDns, type MemoryRecords } from '@vratny/dns/memory';
import { contentOf, createGate, findRemovals, forbiddenExtension, readHeader, secondView, walkMessage } from '@vratny/message';
import { parseCommand, parseObjection } from '@vratny/smtp';
import { evaluateDmarc } from 'mailauth/lib/dmarc/index.js';
import { describe, expect, test } from 'vitest';
import { NAME_MAX_CHARS, NAMES_MAX_CHARS } from '../../packages/archive/src/limits.ts';
import { readMessage } from '../../packages/archive/src/reader/messages.ts';
import { readResponse } from '../../packages/dns/src/system/exchange.ts';
import { verifySignatures } from '../../packages/policy/src/facts/authentication/verify-signatures.ts';
import { mailResolver } from '../../packages/policy/src/facts/mail-resolver.ts';
import { checkHost } from '../../packages/policy/src/facts/spf/find-spf.ts';
import { RSPAMD_ANSWER_MAX } from '../../packages/scanner/src/limits.ts';
import { readAnswer } from '../../packages/scanner/src/rspamd/answer.ts';
import { createUnstuffer } from '../../packages/server/src/engine/unstuff.ts';
import { CONSTRUCTS } from './constructs.ts';
import { type Cost, least } from './measure.ts';

/** Octets of a construct. */
const SIZES = [10_000, 100_000, 1_000_000];
/** So long nobody else may have to wait. */
const TURN_MAX_MS = 50;
/** Ten times the octets may cost so many times the work: linear is ten, and the processor's caches and the collector have their say. */
const GROWTH_MAX = 30;
/** Work below this is not compared: it is mostly what every call costs. */
const FLOOR_MS = 8;
const ATTEMPTS = 6;
const CHUNK = 64 * 1024;
/** A TXT record over TCP, and a packet. */
const TXT_MAX = 65_000;
const SIGNATURE = 'v=1; a=rsa-sha256; d=sender.test; s=s1; h=from; bh=Ck5SoRNWUpSR4X0COv7R5ub2pUTtl6xz4dTFz++ji4M=; b=eA==';
const NEVER = new AbortController().signal;

type Reader = (octets: Buffer) => unknown;

const resolver = (records: MemoryRecords) => mailResolver(createMemoryDns(records), NEVER);
const chunksOf = (octets: Buffer) => {
  const chunks: Buffer[] = [];
  for (let at = 0; at < octets.length; at += CHUNK) chunks.push(octets.subarray(at, at + CHUNK));
  return chunks;
};

/** What reads a message between the socket and the store. Archives are read in processes of their own, which have budgets. */
const MESSAGE_READERS: readonly (readonly [string, Reader])[] = [
  [
    'unstuffing and gate',
    (octets) => {
      const [unstuffer, gate] = [createUnstuffer(), createGate()];
      for (const chunk of chunksOf(octets)) gate.push(unstuffer.push(chunk).content);
      gate.end();
    },
  ],
  ['header section and removals', async (octets) => void findRemovals(await readHeader(contentOf(octets)), 'mx.test')],
  [
    'DKIM and ARC (mailauth), authors (nodemailer)',
    async (octets) => {
      const content = contentOf(octets);
      const { bodyStart } = await readHeader(content);
      await verifySignatures({ content, bodyStart, ip: '192.0.2.1' }, resolver({}), NEVER);
    },
  ],
  ['walker', (octets) => walkMessage(contentOf(octets))],
  ['second view (mailparser)', (octets) => secondView(contentOf(octets))],
];

const DNS_QUESTION = {
  id: 1,
  question: { name: Array.from({ length: 120 }, () => 'a').join('.'), type: 'TXT' },
  edns: true,
  bytes: Buffer.alloc(0),
} as const;
const list = (octets: number, item: (index: number) => string) =>
  Array.from({ length: Math.ceil(octets / item(octets).length) }, (_, index) => item(index)).join('');
const repeat = (text: string, octets: number) => text.repeat(Math.ceil(octets / text.length));
const spf = (record: (octets: number) => string): readonly [(octets: number) => string, Reader] => [
  record,
  (octets) => {
    const TXT = [octets.toString('latin1')];
    const question = { sender: `${'l'.repeat(60)}@sender.test`, helo: 'h.test', ip: '192.0.2.1', mta: 'mx.test' };
    return checkHost(question, resolver({ 'sender.test': { TXT, A: ['192.0.2.2'], MX: [] } }));
  },
];
const line = (text: (octets: number) => string): readonly [(octets: number) => string, Reader] => [
  text,
  (octets) =>
    parseCommand(octets.toString('latin1'), {
      messageMaxBytes: 1000,
      startTls: true,
      smtpUtf8: true,
      recipientsMax: 100,
      messagesMax: 100,
    }),
];
const reply = (text: (octets: number) => string): readonly [(octets: number) => string, Reader] => [
  text,
  (octets) => {
    const read = createReplyReader();
    try {
      for (let at = 0; at < octets.length; at += 1000) read.read(octets.subarray(at, at + 1000));
    } catch {
      // A reply that is none.
    }
    parseObjection(octets.toString('latin1'));
  },
];
const rspamd = (text: (octets: number) => string): readonly [(octets: number) => string, Reader] => [
  text,
  (octets) => {
    try {
      readAnswer(octets.subarray(0, RSPAMD_ANSWER_MAX));
    } catch {
      // An answer that is none.
    }
  },
];
const key = (record: (octets: number) => string): readonly [(octets: number) => string, Reader] => [
  record,
  async (octets) => {
    const content = contentOf(Buffer.from(`DKIM-Signature: ${SIGNATURE}\r\nFrom: a@sender.test\r\n\r\nbody\r\n`));
    const records = { 's1._domainkey.sender.test': { TXT: [octets.toString('latin1', 0, TXT_MAX)] } };
    const { bodyStart } = await readHeader(content);
    return verifySignatures({ content, bodyStart, ip: '192.0.2.1' }, resolver(records), NEVER);
  },
];
const dmarc = (record: (octets: number) => string): readonly [(octets: number) => string, Reader] => [
  record,
  (octets) =>
    evaluateDmarc({
      headerFrom: ['a@sender.test'],
      fromFields: 1,
      spfDomains: ['other.test'],
      dkimDomains: [],
      resolver: resolver({ '_dmarc.sender.test': { TXT: [octets.toString('latin1', 0, TXT_MAX)] } }),
      strict: true,
    }),
];
const name = (text: (octets: number) => string): readonly [(octets: number) => string, Reader] => [
  text,
  (octets) => forbiddenExtension(octets.toString('latin1', 0, NAME_MAX_CHARS)),
];
/** A DNS answer over TCP of as many records as fit, whose names are all compressed to the longest there is. */
const packet = (octets: number): string => {
  const labels = Array.from({ length: 120 }, () => '\u0001a').join('');
  const question = `${labels}\u0000\u0000\u0010\u0000\u0001`;
  const record = '\u00c0\u000c\u0000\u0010\u0000\u0001\u0000\u0000\u0000\u0001\u0000\u0002\u0001x';
  const count = Math.floor((Math.min(octets, TXT_MAX) - 300) / record.length);
  const counts = String.fromCharCode(count >> 8, count & 0xff);
  return `\u0000\u0001\u0081\u0080\u0000\u0001${counts}\u0000\u0000\u0000\u0000${question}${record.repeat(count)}`;
};
const answer = (symbols: string) => `{"score":1,"required_score":15,"action":"no action","is_skipped":false,"symbols":{${symbols}}}`;

/** What strangers and servers say beside messages. Most is cut long before the largest size; the reader must not rely on it. */
const OTHERS: Readonly<Record<string, readonly [(octets: number) => string, Reader]>> = {
  'SPF: mechanisms': spf((n) => `v=spf1 ${repeat('a:x.test ', n)}-all`),
  'SPF: networks': spf((n) => `v=spf1 ${repeat('ip6:2001:db8::/32 ', n)}-all`),
  'SPF: modifiers': spf((n) => `v=spf1 ${repeat('a=b ', n)}-all`),
  'SPF: macros': spf((n) => `v=spf1 exists:${repeat('%{s}', n)}.test -all`),
  'SPF: macros, as many as are read': spf((n) => `v=spf1 exists:${repeat('%{s63r-.+,/_=}', Math.min(n, 8000))}.test -all`),
  'SPF: dots': spf((n) => `v=spf1 a:x${repeat('.', Math.min(n, 8000))}test -all`),
  'SPF: slashes': spf((n) => `v=spf1 a:x.test${repeat('/1', Math.min(n, 8000))}x -all`),
  'SPF: spaces': spf((n) => `v=spf1 ${repeat(' ', n)}-all`),
  'SMTP: a local part': line((n) => `MAIL FROM:<${repeat('a', n)}@b.test>`),
  'SMTP: dots in a local part': line((n) => `MAIL FROM:<${repeat('a.', n)}a@b.test>`),
  'SMTP: quoted pairs': line((n) => `MAIL FROM:<"${repeat('\\"', n)}"@b.test>`),
  'SMTP: labels': line((n) => `RCPT TO:<a@${repeat('b.', n)}test>`),
  'SMTP: a source route': line((n) => `RCPT TO:<${repeat('@a.test,', n)}@b.test:a@c.test>`),
  'SMTP: spaces': line((n) => `MAIL FROM:${repeat(' ', n)}<a@b.test>`),
  'SMTP: parameters': line((n) => `MAIL FROM:<a@b.test>${repeat(' X=Y', n)}`),
  'SMTP: a parameter': line((n) => `MAIL FROM:<a@b.test> SIZE=${repeat('9', n)}`),
  'SMTP: a HELO name': line((n) => `EHLO ${repeat('a-', n)}`),
  'SMTP: angle brackets': line((n) => `MAIL FROM:${repeat('<', n)}`),
  'LMTP: one line': reply((n) => `250 ${repeat('a', n)}`),
  'LMTP: lines': reply((n) => repeat('250-a\r\n', n)),
  'LMTP: spaces': reply((n) => `550 5.1.1${repeat(' ', n)}x\r\n`),
  'DKIM key: tags': key((n) => `v=DKIM1; ${repeat('a=b; ', n)}p=x`),
  'DKIM key: Base64': key((n) => `v=DKIM1; p=${repeat('QUJD', n)}`),
  'DKIM key: white space': key((n) => `v=DKIM1;${repeat(' ', n)}p=QUJD`),
  'DKIM key: semicolons': key((n) => `v=DKIM1${repeat(';', n)}`),
  'DMARC: tags': dmarc((n) => `v=DMARC1; p=none; ${list(n, (i) => `a${i}=b; `)}`),
  'DMARC: addresses': dmarc((n) => `v=DMARC1; rua=${repeat('mailto:a@b.test!1,', n)}`),
  'DMARC: exclamation marks': dmarc((n) => `v=DMARC1; rua=${repeat('!1', n)}`),
  'DMARC: white space': dmarc((n) => `v=DMARC1;${repeat(' ', n)}p=none`),
  'DNS: records with compressed names': [packet, (octets) => readResponse(octets, DNS_QUESTION)],
  'an archive reader’s answer': [
    (n) =>
      JSON.stringify({
        report: {
          members: Array.from({ length: 10_000 }, () => ({ name: 'a'.repeat(Math.min(n / 2000, NAMES_MAX_CHARS / 10_000)) })),
          problems: [],
        },
        spent: {},
        opened: true,
        cpuMs: 1,
      }),
    (octets) => readMessage('answer', octets),
  ],
  'names: dots': name((n) => repeat('a.', n)),
  'names: encoded words': name((n) => repeat('=?utf-8?q?=41?= ', n)),
  'names: percent signs': name((n) => repeat('%41', n)),
  'names: percent signs of percent signs': name((n) => repeat('%2541', n)),
  'names: white space': name((n) => `a.exe${repeat(' ', n)}b`),
  'names: slashes': name((n) => repeat('a/', n)),
  'names: question marks': name((n) => repeat('=?', n)),
  'rspamd: symbols': rspamd((n) => answer(Array.from({ length: n / 30 }, (_, i) => `"SYMBOL_${i}":{"score":1}`).join(','))),
  'rspamd: brackets': rspamd((n) => repeat('[', n)),
  'rspamd: no JSON': rspamd((n) => repeat('a', n)),
  'rspamd: a symbol': rspamd((n) => answer(`"${repeat('A', n)}":{"score":1}`)),
};

/** The octets of a construct, made once for all readers. */
const made = new Map<string, Buffer>();
function octetsOf(name: string, write: (octets: number) => string, size: number): Buffer {
  const key = `${name} ${size}`;
  const octets = made.get(key) ?? Buffer.from(write(size), 'latin1');
  made.set(key, octets);
  return octets;
}

/** What is wrong with a row, empty when nothing is. Timed once more and once more before it counts: the machine has other work. */
async function judge(name: string, read: Reader, write: (octets: number) => string): Promise<string> {
  const costs: Cost[] = [];
  for (const size of SIZES) {
    const octets = octetsOf(name, write, size);
    const before = Math.max(costs.at(-1)?.totalMs ?? Number.POSITIVE_INFINITY, FLOOR_MS);
    const isGood = (cost: Cost) => cost.longestTurnMs < TURN_MAX_MS && cost.totalMs < GROWTH_MAX * before;
    costs.push(await least(() => read(octets), ATTEMPTS, isGood));
    const cost = costs.at(-1);
    if (cost === undefined || isGood(cost)) continue;
    return costs.map((one) => `${one.totalMs.toFixed(0)} ms, longest turn ${one.longestTurnMs.toFixed(0)} ms`).join('; ');
  }
  return '';
}

describe.each(MESSAGE_READERS)('%s', (_name, read) => {
  test.each(CONSTRUCTS)('$what', async ({ what, message }) => {
    expect(await judge(what, read, message)).toBe('');
  });
});

describe('beside messages', () => {
  test.each(Object.entries(OTHERS))('%s', async (what, [write, read]) => {
    expect(await judge(what, read, write)).toBe('');
  });
});

test('the readers read to the end: a key is asked for, and the packet is an answer', async () => {
  const dns = createMemoryDns({});
  const content = contentOf(Buffer.from(`DKIM-Signature: ${SIGNATURE}\r\nFrom: a@sender.test\r\n\r\nbody\r\n`));
  const { bodyStart } = await readHeader(content);
  await verifySignatures({ content, bodyStart, ip: '192.0.2.1' }, mailResolver(dns, NEVER), NEVER);
  expect(dns.queries.map((query) => query.name)).toEqual(['s1._domainkey.sender.test']);
  expect(readResponse(Buffer.from(packet(1_000_000), 'latin1'), DNS_QUESTION).kind).toBe('response');
});

const square = (octets: Buffer, from: number, to: number) => {
  let sum = 0;
  for (let i = from; i < to; i += 1) for (let k = 0; k < octets.length; k += 20) sum += octets[k] ?? 0;
  return sum;
};

test('a reader that holds the others up fails', async () => {
  const row = await judge(
    'hold',
    (octets) => square(octets, 0, octets.length),
    (n) => 'a'.repeat(Math.min(n, 100_000)),
  );
  expect(row).toMatch(/longest turn/u);
});

test('a reader whose time grows with the square of its input fails', async () => {
  const inTurns = async (octets: Buffer) => {
    for (let at = 0; at < octets.length; at += 1000) {
      square(octets, at, at + 1000);
      await setImmediate();
    }
  };
  const row = await judge('square', inTurns, (n) => 'a'.repeat(Math.min(n, 100_000)));
  expect(row).toMatch(/longest turn/u);
});
