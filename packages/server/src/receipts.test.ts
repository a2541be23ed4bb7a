import { createByteBudget } from '@vratny/message';
import type { SmtpClient } from '@vratny/support/smtp-client';
import { describe, expect, it } from 'vitest';
import { DEATHS_MAX, SPOOL_ROOM_MIN_BYTES } from './limits.ts';
import { ENVELOPE, serve } from './server.fixture.ts';

type Wishes = NonNullable<Parameters<typeof serve>[0]>;

const [MAIL, RCPT] = ENVELOPE;
const MESSAGE = 'Subject: x\r\n\r\ntext\r\n';
const tooLarge = `BDAT 1500\r\n${'x'.repeat(1_500)}`;

/** Says it all at once, and gives the replies up to the end of the session. */
async function said(client: SmtpClient, ...lines: readonly string[]): Promise<readonly string[]> {
  client.write(`${[...lines, 'QUIT'].join('\r\n')}\r\n`);
  return (await client.rest()).trimEnd().split('\r\n');
}

type Row = readonly [what: string, by: string, reply: RegExp, lines: readonly string[], wishes?: Wishes];
const ROWS: readonly Row[] = [
  ['no room on the spool’s disk', 'no-room', /^452 4\.3\.1/u, [MAIL], { spoolFreeBytes: async () => SPOOL_ROOM_MIN_BYTES - 1 }],
  [
    'no room for octets under way, DATA',
    'no-room',
    /^452 4\.3\.1/u,
    [`${MAIL} SIZE=900`, RCPT, 'DATA'],
    { inFlight: createByteBudget(10) },
  ],
  [
    'no room for octets under way, BDAT',
    'no-room',
    /^452 4\.3\.1/u,
    [`${MAIL} SIZE=9`, RCPT, `BDAT 9\r\n${'x'.repeat(9)}`],
    { inFlight: createByteBudget(5) },
  ],
  [
    'a spool that cannot be written',
    'server-fault',
    /^451 4\.3\.0/u,
    [MAIL, RCPT, `BDAT 400000\r\n${'x'.repeat(400_000)}`],
    { spoolDirectory: '/no/such/folder' },
  ],
  ['recipients beyond the limit', 'recipient-limit', /^452 4\.5\.3/u, [MAIL, RCPT, RCPT], { limits: { recipientsMax: 1 } }],
  ['a recipient outside ASCII', 'eight-bit-address', /^553 5\.6\.7/u, [MAIL, 'RCPT TO:<žofie@example.test>']],
  ['a sender outside ASCII', 'eight-bit-address', /^553 5\.6\.7/u, ['MAIL FROM:<žofie@example.test>']],
  ['a recipient that is no address', 'command-syntax', /^501 5\.1\.3/u, [MAIL, 'RCPT TO:<alice>']],
  ['an unknown parameter', 'command-syntax', /^555 5\.5\.4/u, [`${MAIL} FROB=1`]],
  [
    'recipients that were refused',
    'session-limit',
    /^421 4\.7\.0/u,
    [MAIL, 'RCPT TO:<dora@example.test>', RCPT],
    { limits: { failedRecipientsMax: 1 } },
  ],
  [
    'recipients that were refused, while others wait',
    'session-limit',
    /^452 4\.5\.3/u,
    [MAIL, RCPT, 'RCPT TO:<dora@example.test>', RCPT],
    { limits: { failedRecipientsMax: 1 } },
  ],
  ['a chunk beyond the limit', 'received-size', /^552 5\.3\.4/u, [MAIL, RCPT, tooLarge], { limits: { messageMaxBytes: 1_000 } }],
  [
    'a message beyond the limit by far',
    'received-size',
    /^552 5\.3\.4/u,
    [MAIL, RCPT, `BDAT 9000\r\n${'x'.repeat(9_000)}`],
    { limits: { messageMaxBytes: 1_000 } },
  ],
  [
    'a message that processes died of',
    'unprocessable',
    /^554 5\.6\.0/u,
    [MAIL, RCPT, `BDAT ${MESSAGE.length} LAST\r\n${MESSAGE.trimEnd()}`],
    { suspects: { deaths: () => DEATHS_MAX, cleared: () => undefined } },
  ],
];

describe('receipts of the bounds', () => {
  it.each(ROWS.map((row) => [row[0], row] as const))(
    '%s: the reply has a receipt, and the journal what it stands for',
    async (_what, [, by, reply, lines, wishes]) => {
      const { ready, journal } = await serve(wishes);
      const replies = await said(await ready(), ...lines);
      const told = replies.find((line) => reply.test(line)) ?? replies.join('\n');
      const id = / https:\/\/panel\.example\/r\/(\w{33})$/u.exec(told)?.[1] ?? told;
      const decision = journal.events.find((event) => event.kind === 'decision' && event.id === id);
      expect(decision).toMatchObject({ trace: { by, verdict: told.startsWith('5') ? 'refuse' : 'delay' } });
      expect(decision).toMatchObject({ occasion: { client: '127.0.0.1' }, reply: told.slice(0, told.indexOf(' https://')) });
    },
  );

  it('the chunks of one message share a receipt', async () => {
    const { ready, journal } = await serve({ limits: { messageMaxBytes: 1_000 } });
    const replies = await said(await ready(), MAIL, RCPT, tooLarge, 'BDAT 1\r\nx');
    const receipts = new Set(replies.filter((line) => line.startsWith('552')).map((line) => line.split(' ').at(-1)));
    expect(receipts.size).toBe(1);
    expect(journal.events.filter((event) => event.kind === 'decision' && event.trace.by === 'received-size')).toHaveLength(1);
  });

  it('a bug in the middle of a message is answered, and found with its recipients', async () => {
    const { ready, journal, service } = await serve();
    service.beforeTaking = () => Promise.reject(new Error('a bug'));
    const replies = await said(await ready(), MAIL, RCPT, `BDAT ${MESSAGE.length} LAST\r\n${MESSAGE.trimEnd()}`);
    expect(replies.join('\n')).toMatch(/^451 4\.3\.0 this server could not go on.* https:\/\/\S+$/mu);
    const decision = journal.events.find((event) => event.kind === 'decision' && event.trace.by === 'server-fault');
    expect(decision).toMatchObject({ occasion: { recipients: ['alice@example.test'] } });
  });
});
