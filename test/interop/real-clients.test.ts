import { chmodSync } from 'node:fs';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { waitFor } from '@vratny/support/wait-for';
import { startWorldHost, type WorldHost } from '@vratny/support/world-host';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROGRAMS } from './senders/programs.ts';
import type { Outgoing } from './senders/sender.ts';
import { SERVERS } from './senders/servers.ts';

const MESSAGES = 20;
const MAILBOX = 'alice@example.test';
const KINDS = [...SERVERS, ...PROGRAMS];

const LINES = ['Hello,', '.', '..', '.dot', '', 'From here on nothing is special.', ' a blank in front', 'QUIT'];
/** The first is larger than what is kept in memory: it takes other ways through mx, and more than one BDAT. */
const body = (index: number) =>
  `${[...LINES, ...Array.from({ length: index === 0 ? 6_000 : 10 }, (_, line) => `${line} ${'x'.repeat(60)}`)].join('\r\n')}\r\n`;

describe('twenty messages, each taken at the first attempt', () => {
  let host: WorldHost;
  beforeAll(async () => {
    host = await startWorldHost({ host: 'd10', workers: 2 });
  });
  afterAll(() => host?.[Symbol.asyncDispose]());

  const rows = KINDS.flatMap((kind) => [false, true].map((tls) => [`${kind.name}, ${tls ? 'STARTTLS' : 'in clear'}`, kind, tls] as const));
  test.each(rows)('%s', async (_name, kind, tls) => {
    using folder = makeTemporaryFolder('sender');
    chmodSync(folder.path, 0o755);
    const mark = `${kind.name.replaceAll(' ', '-')}-${tls ? 'tls' : 'clear'}-${Date.now()}`;
    const messages = Array.from({ length: MESSAGES }, (_, index): Outgoing => {
      return { subject: `${mark}-${index}`, from: 'someone@sender.test', to: MAILBOX, body: body(index) };
    });
    const before = readJournal(host).length;
    expect(await kind.send({ port: host.mx.port, tls, folder: folder.path }, messages)).toEqual([]);
    const stored = await waitFor('all lie in the mailbox', () => {
      const found = host.site.stored(MAILBOX).filter((one) => one.includes(`Subject: ${mark}-`));
      return found.length >= MESSAGES ? found : undefined;
    });
    // Each once, and each whole.
    const texts = new Map(stored.map((one) => [/^Subject: \S+-(\d+)\r$/mu.exec(one)?.[1], textOf(one)]));
    expect(stored).toHaveLength(MESSAGES);
    for (const index of messages.keys()) expect(texts.get(String(index))).toBe(body(index).trimEnd());
    // A line of the journal may come a few milliseconds after the reply that it tells of.
    const deliveries = await waitFor('the journal tells of all', () => {
      const found = readJournal(host)
        .slice(before)
        .filter(({ kind: line }) => line === 'delivery');
      return found.length >= MESSAGES ? found : undefined;
    });
    const events = readJournal(host).slice(before);
    expect(events.filter(isTrouble)).toEqual([]);
    const sessions = new Set(deliveries.map(({ session }) => session));
    const encrypted = events.filter(({ what, session }) => what === 'tls' && sessions.has(session));
    expect(encrypted).toHaveLength(tls ? sessions.size : 0);
    if (kind.reuses) expect(sessions.size).toBeLessThan(MESSAGES);
    else expect(sessions.size).toBe(MESSAGES);
  });
});

/** The text of a stored message, as its reader sees it: s-nail encodes a lone dot. */
function textOf(message: string): string {
  const end = message.indexOf('\r\n\r\n');
  const text = message.slice(end + 4).trimEnd();
  if (!/^Content-Transfer-Encoding: quoted-printable\r$/imu.test(message.slice(0, end + 2))) return text;
  return text.replaceAll(/=([0-9A-F]{2})/gu, (_found, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The site has no rspamd, and mx says so once, at its start. */
const isTrouble = ({ kind, where, reply = '2' }: Line): boolean =>
  kind === 'protocol' || (kind === 'fault' && where !== 'antispam') || !/^[23]/u.test(reply);

interface Line {
  readonly kind?: string;
  readonly what?: string;
  readonly reply?: string;
  readonly where?: string;
  readonly session?: string;
}

/** A line that is no JSON is a fault of ours. */
const readJournal = ({ mx }: WorldHost): readonly Line[] =>
  mx.journal().map((line) => (typeof line === 'object' && line !== null ? line : { kind: 'fault', reply: String(line) }));
