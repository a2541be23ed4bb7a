import { contentOf } from '@vratny/message';
import { type Act, FEATURES, type Script, startLmtpServer } from '@vratny/support/lmtp-server';
import { expect, test } from 'vitest';
import { ALICE, BOB, CAROL, createClient } from './client.fixture.ts';

const at =
  (verb: string, act: Act): Script['command'] =>
  (command) =>
    command.startsWith(verb) ? act : undefined;
const BIG = contentOf(Buffer.from('0123456789abcde\r\n'.repeat(600_000)));
const LONG = `250 ${'x'.repeat(100_000)}`;

const STEPS: readonly (readonly [string, (act: Act) => Script])[] = [
  ['the greeting', (act) => ({ greeting: () => act })],
  ['LHLO', (act) => ({ command: at('LHLO', act) })],
  ['MAIL', (act) => ({ command: at('MAIL', act) })],
  ['the second RCPT', (act) => ({ command: at(`RCPT TO:<${BOB}>`, act) })],
  ['DATA', (act) => ({ command: at('DATA', act) })],
  ['LHLO without pipelining', (act) => ({ features: [], command: at('LHLO', act) })],
  ['MAIL without pipelining', (act) => ({ features: [], command: at('MAIL', act) })],
  ['the second RCPT without pipelining', (act) => ({ features: [], command: at(`RCPT TO:<${BOB}>`, act) })],
  ['DATA without pipelining', (act) => ({ features: [], command: at('DATA', act) })],
];
const ACTS: readonly (readonly [string, Act])[] = [
  ['421', '421 4.3.2 shutting down\r\n'],
  ['a closed connection', 'DROP'],
  ['no answer', 'HANG'],
  ['an octet now and then', { slowly: '250 '.padEnd(400, 'x'), everyMs: 20 }],
  ['garbage', 'HTTP/1.1 400 Bad Request\r\n'],
  ['a line without end', LONG],
  ['lines without end', '250-x\r\n'.repeat(10_000)],
];

test.concurrent.each(STEPS.flatMap(([step, script]) => ACTS.map(([what, act]) => [step, what, script(act)] as const)))(
  '%s: %s. Nothing is handed over, and the next server takes the message',
  async (_step, _what, script) => {
    await using bad = await startLmtpServer(script);
    await using good = await startLmtpServer();
    await using alone = createClient([bad]);
    await using both = createClient([bad, good]);
    const [delayed, stored, admission] = await Promise.all([alone.kinds([ALICE, BOB]), both.kinds([ALICE, BOB]), alone.admits(BOB)]);
    expect(delayed).toEqual(['delayed', 'delayed']);
    expect(stored).toEqual(['stored', 'stored']);
    expect([bad.taken.length, good.taken.length]).toEqual([0, 1]);
    expect(admission.kind).toBe(script.command?.('DATA', { connection: 1, messages: 0, recipients: [] }) ? 'room' : 'fault');
  },
);

test.each([
  [
    'a server that is not there',
    async () => ({ server: { kind: 'unix', path: '/nonexistent/lmtp' } as const, [Symbol.asyncDispose]: () => Promise.resolve() }),
  ],
  ['one that does not serve us', () => startLmtpServer({ greeting: () => '554 5.7.1 go away\r\n' })],
  ['one that is out of order for the moment', () => startLmtpServer({ command: at('MAIL', '451 4.3.0 not now\r\n') })],
  ['one that does not understand us', () => startLmtpServer({ command: at('MAIL', '500 5.5.2 what?\r\n') })],
  ['one without space', () => startLmtpServer({ command: at('DATA', '452 4.3.1 disk full\r\n') })],
  ['one that closes in the middle of the message', () => startLmtpServer({ cut: (octets) => octets > 100_000 })],
])('%s: the next one takes the message', async (_what, start) => {
  await using bad = await start();
  await using good = await startLmtpServer();
  // The whole message does not fit into the sockets' buffers, so that it cannot have been handed over before the end is
  // seen.
  await using client = createClient([bad, good], { deadlines: { writeMs: 5_000, storeMs: 5_000 } });
  expect(await client.kinds([ALICE], { content: BIG })).toEqual(['stored']);
  expect(good.taken[0]?.bytes.length).toBe(BIG.sizeBytes);
  expect(await client.kinds([ALICE])).toEqual(['stored']);
});

test('RCPTs that end differently keep their order, and texts are passed on', async () => {
  const says: Record<string, string> = { [ALICE]: '550-5.1.1 nobody\r\n550 5.1.1 here\r\n', [CAROL]: '452 4.2.2 full\r\n' };
  await using store = await startLmtpServer({ command: (command) => says[/<(.*)>/u.exec(command)?.[1] ?? ''] });
  await using client = createClient([store]);
  expect(await client.deliver([ALICE, BOB, CAROL])).toEqual([
    { kind: 'refused', text: '550-5.1.1 nobody\n550 5.1.1 here' },
    { kind: 'stored', bytes: 23, counted: true },
    { kind: 'delayed', detail: 'the store says 452 4.2.2 full' },
  ]);
  expect(store.taken.map((one) => one.recipients)).toEqual([[BOB]]);
});

// RFC 5321 §4.2.1: the first digit decides. An enhanced code of another class (RFC 2034 §4 forbids it) makes no refusal
// of a 4xx.
const LATER = [
  '450 4.2.0 locked',
  '452 4.2.2 full',
  '451 5.1.1 nobody',
  '452 5.2.2 full',
  '450 5.7.1 not you',
  '452-5.2.2 full\r\n452 5.2.2 really',
  '450 no',
];

test.each(STEPS.flatMap(([step, script]) => LATER.map((says) => [step, says, script(`${says}\r\n`)] as const)))(
  '%s: %s stays a delay',
  async (_step, _says, script) => {
    await using store = await startLmtpServer(script);
    await using client = createClient([store]);
    expect((await client.deliver([ALICE, BOB])).at(-1)?.kind).toBe('delayed');
    expect((await client.admits(BOB, 1_000)).kind).toMatch(/^(?:fault|room)$/u);
  },
);

test.each([
  ['MAIL', at('MAIL', '550 5.7.1 not from you\r\n')],
  ['DATA', at('DATA', '554 5.6.0 not that\r\n')],
])("a refusal at %s is everybody's, and the connection is used again", async (_verb, command) => {
  await using store = await startLmtpServer({ command });
  await using client = createClient([store]);
  for (let i = 0; i < 3; i += 1) expect(await client.kinds([ALICE, BOB])).toEqual(['refused', 'refused']);
  expect(store.connections()).toBe(1);
});

test.each([
  ['all refused', ['550 5.1.1 no\r\n', '550 5.1.1 no\r\n'], ['refused', 'refused']],
  ['none permanently', ['450 4.2.0 no\r\n', '550 5.1.1 no\r\n'], ['delayed', 'refused']],
  ['nobody understood', ['501 5.5.4 what\r\n', '501 5.5.4 what\r\n'], ['delayed', 'delayed']],
])('no recipient left: %s', async (_what, [first, second], kinds) => {
  await using store = await startLmtpServer({
    command: (command) => (command.startsWith('RCPT') ? (command.includes('alice') ? first : second) : undefined),
  });
  await using client = createClient([store]);
  expect(await client.kinds([ALICE, BOB])).toEqual(kinds);
  expect(await client.kinds([ALICE, BOB])).toEqual(kinds);
  expect([store.connections(), store.taken.length]).toEqual([1, 0]);
});

test('extensions are used when they are offered, and pipelining in one write', async () => {
  await using plain = await startLmtpServer({ features: [] });
  await using rich = await startLmtpServer({ features: [...FEATURES, 'SIZE 1000', 'SMTPUTF8', 'CHUNKING'] });
  await using first = createClient([plain], { utf8: true });
  await using second = createClient([rich], { utf8: true });
  await first.deliver([ALICE], { stamps: 'A: b\r\n' });
  await second.deliver([ALICE], { stamps: 'A: b\r\n' });
  await second.deliver(['žluť@example.test', 'a b"@example.test'], { sender: null });
  expect(plain.commands).toEqual(['1 LHLO mx.example.test', '1 MAIL FROM:<sender@example.net>', `1 RCPT TO:<${ALICE}>`, '1 DATA']);
  expect(rich.commands.map((one) => Buffer.from(one, 'latin1').toString())).toEqual([
    '1 LHLO mx.example.test',
    '1 MAIL FROM:<sender@example.net> SIZE=29 BODY=8BITMIME SMTPUTF8',
    `1 RCPT TO:<${ALICE}>`,
    '1 DATA',
    '1 MAIL FROM:<> SIZE=23 BODY=8BITMIME SMTPUTF8',
    '1 RCPT TO:<žluť@example.test>',
    '1 RCPT TO:<"a b\\""@example.test>',
    '1 DATA',
  ]);
  expect(await first.kinds(['žluť@example.test'])).toEqual(['delayed']);
});

test.each([['a\r\nRCPT TO:<eve@example.test>@example.test'], ['a\u0000@example.test'], [`${'a'.repeat(2_000)}@example.test`]])(
  'the address %j is not sent',
  async (address) => {
    await using store = await startLmtpServer();
    await using client = createClient([store]);
    expect(await client.kinds([address])).toEqual(['delayed']);
    expect(await client.kinds([ALICE], { sender: { local: address, domain: 'x' } })).toEqual(['delayed']);
    expect((await client.admits(address)).kind).toBe('fault');
    expect(store.commands.filter((one) => !one.includes('LHLO'))).toEqual([]);
  },
);

test('a message that was exchanged for another one is not handed over', async () => {
  await using store = await startLmtpServer();
  await using client = createClient([store]);
  const content = { ...contentOf(Buffer.from('Subject: y\r\n')), sha256: contentOf(Buffer.from('Subject: x\r\n')).sha256 };
  expect(await client.deliver([ALICE], { content })).toEqual([
    { kind: 'delayed', detail: 'lmtp: the spooled message is not the one that was scanned' },
  ]);
  expect(store.taken).toEqual([]);
});

test('a server that stops reading is given up, and no more is read than it and the sockets took', async () => {
  await using store = await startLmtpServer({ command: at('DATA', 'DEAF') });
  await using client = createClient([store]);
  let read = 0;
  const content = {
    ...BIG,
    async *read() {
      for (; read < 500_000_000; read += 65_536) yield Buffer.alloc(65_536, 'x');
    },
  };
  expect(await client.deliver([ALICE], { content })).toEqual([{ kind: 'delayed', detail: expect.stringContaining('sending the message') }]);
  expect(read).toBeLessThan(50_000_000);
});
