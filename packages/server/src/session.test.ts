import { describe, expect, it } from 'vitest';
import { ENVELOPE, serve, until } from './server.fixture.ts';

const WELL_FORMED = /^([245])\d\d \1\.\d{1,3}\.\d{1,3} \S[ -~]*$/u;

describe('each verb', () => {
  it('greets at once, says what it offers, and takes a message', async () => {
    const served = await serve();
    const client = served.dial();
    expect(await client.reply()).toBe('220 mx1d10.thinline.example ESMTP Vratny');
    expect((await client.ask('EHLO client.test')).split('\n')).toEqual([
      '250-mx1d10.thinline.example',
      '250-SIZE 1000000',
      '250-PIPELINING',
      '250-CHUNKING',
      '250-LIMITS MAILMAX=1000 RCPTMAX=5',
      '250-8BITMIME',
      '250-ENHANCEDSTATUSCODES',
      '250-PRDR',
      '250 SMTPUTF8',
    ]);
    expect(await client.askAll(...ENVELOPE, 'DATA')).toEqual([
      '250 2.1.0 sender noted',
      '250 2.1.5 recipient will be served',
      '354 end the message with a dot on a line of its own',
    ]);
    client.say('Subject: hi', '', '..dot', 'bare\nfeed', '.');
    expect(await client.reply()).toMatch(/^250 2\.0\.0 stored as \w{33}$/u);
    expect(await client.ask('QUIT')).toBe('221 2.0.0 mx1d10.thinline.example says goodbye');
    expect(await client.rest()).toBe('');
    expect(served.stored).toHaveLength(1);
    expect(served.stored[0]?.bytes.toString()).toMatch(/\r\nSubject: hi\r\n\r\n\.dot\r\nbare\r\nfeed\r\n$/u);
  });

  it.each([
    ['only knocks', [], ['closed']],
    ['says something', ['NOOP'], ['opened', 'closed']],
  ] as const)('a client that %s leaves %j %j in the journal', async (_what, said, written) => {
    const served = await serve();
    const client = await served.client();
    await client.askAll(...said);
    client.socket.end();
    await client.rest();
    const sessions = () => served.journal.events.flatMap((event) => (event.kind === 'session' ? [event.what] : []));
    await until('it has left', () => sessions().includes('closed'));
    expect(sessions()).toEqual(written);
  });

  it('HELO gets one line, without an enhanced code', async () => {
    const client = await (await serve()).client();
    expect(await client.ask('HELO client.test')).toBe('250 mx1d10.thinline.example');
  });

  // Asked after EHLO, of a host without TLS.
  const rows: readonly (readonly [line: string, reply: string])[] = [
    ['NOOP', '250 2.0.0'],
    ['NOOP anything', '250 2.0.0'],
    ['RSET', '250 2.0.0'],
    ['HELP', '214 2.0.0'],
    ['HELP MAIL', '214 2.0.0'],
    ['VRFY alice', '252 2.5.0'],
    ['VRFY', '501 5.5.4'],
    ['STARTTLS', '502 5.5.1'],
    ['STARTTLS now', '501 5.5.4'],
    ['QUIT now', '501 5.5.4'],
    ['DATA', '503 5.5.1'],
    ['RCPT TO:<alice@example.test>', '503 5.5.1'],
    ['AUTH PLAIN AAAA', '500 5.5.2'],
    ['BDAT 0', '503 5.5.1'],
    ['WIZ', '500 5.5.2'],
    ['SHELL', '500 5.5.2'],
    ['KILL', '500 5.5.2'],
    ['XCLIENT ADDR=192.0.2.1', '500 5.5.2'],
    ['', '500 5.5.2'],
    ['EHLO', '501 5.5.4'],
    ['EHLO a b', '501 5.5.4'],
    ['MAIL FROM:a@sender.test', '250 2.1.0'],
    ['MAIL FROM:<a@>', '501 5.1.7'],
    ['MAIL FROM:<a@sender.test> RET=FULL', '250 2.1.0'],
    ['MAIL FROM:<a@sender.test> SIZE=x', '501 5.5.4'],
    ['MAIL FROM:<a@sender.test> SIZE=1000001', '552 5.3.4'],
    ['MAIL FROM:<a@sender.test> AUTH=<>', '250 2.1.0'],
    ['MAIL FROM:<a@sender.test> REQUIRETLS', '555 5.5.4'],
    ['MAIL FROM:<josé@sender.test>', '553 5.6.7'],
    ['MAIL FROM:<>', '250 2.1.0'],
    ['MAIL FROM:<josé@sender.test> SMTPUTF8', '250 2.1.0'],
    ['mail from:<a@sender.test> size=100 body=8bitmime', '250 2.1.0'],
    ['NOOP a\0b', '501 5.5.2'],
    [`NOOP ${'x'.repeat(3000)}`, '500 5.5.2'],
  ];
  it.each(rows)('%j -> %s', async (line, reply) => {
    const client = await (await serve()).ready();
    const said = await client.ask(line);
    expect(said.slice(0, reply.length)).toBe(reply);
    expect(said).toMatch(WELL_FORMED);
    expect(await client.ask('NOOP')).toMatch(/^250 2\.0\.0 /u);
  });

  // Asked after MAIL.
  const recipients: readonly (readonly [line: string, reply: string])[] = [
    ['RCPT TO:<alice@example.test>', '250 2.1.5'],
    ['RCPT TO:<ALICE@EXAMPLE.TEST>', '250 2.1.5'],
    ['RCPT TO:<"alice"@example.test>', '250 2.1.5'],
    ['RCPT TO:<@relay.test:alice@example.test>', '250 2.1.5'],
    ['RCPT TO:<postmaster>', '250 2.1.5'],
    ['RCPT TO:<PostMaster>', '250 2.1.5'],
    ['RCPT TO:<abuse@example.test>', '250 2.1.5'],
    ['RCPT TO:<dora@example.test>', '550 5.1.1'],
    ['RCPT TO:<alice@other.test>', '550 5.7.1'],
    ['RCPT TO:<alice@example.test> NOTIFY=NEVER', '250 2.1.5'],
    ['RCPT TO:<alice@example.test> ORCPT=rfc822;x', '250 2.1.5'],
    ['RCPT TO:<alicé@example.test>', '553 5.6.7'],
    ['RCPT TO:<alice>', '501 5.1.3'],
    ['RCPT TO:<>', '501 5.1.3'],
    ['RCPT TO:alice@example.test', '250 2.1.5'],
    ['MAIL FROM:<b@sender.test>', '503 5.5.1'],
    ['DATA', '554 5.5.1'],
  ];
  it.each(recipients)('%j after MAIL -> %s', async (line, reply) => {
    const client = await (await serve()).ready();
    await client.ask('MAIL FROM:<a@sender.test>');
    const said = await client.ask(line);
    expect(said.slice(0, reply.length)).toBe(reply);
    expect(said).toMatch(WELL_FORMED);
  });

  it('wants EHLO before mail and before TLS', async () => {
    const client = await (await serve()).client();
    for (const line of ['MAIL FROM:<a@sender.test>', 'RCPT TO:<alice@example.test>', 'DATA', 'STARTTLS']) {
      expect(await client.ask(line)).toBe('503 5.5.1 say EHLO or HELO first');
    }
  });

  it('forgets a transaction at RSET and at EHLO', async () => {
    const client = await (await serve()).ready();
    for (const line of ['RSET', 'EHLO client.test', 'HELO client.test']) {
      await client.askAll(...ENVELOPE);
      await client.ask(line);
      expect(await client.ask('DATA')).toMatch(/^503 5\.5\.1 /u);
    }
  });
});

describe('replies', () => {
  it('gives a receipt with what was decided, and none with a command that names nobody', async () => {
    const { ready, journal } = await serve();
    const client = await ready();
    await client.ask('MAIL FROM:<a@sender.test>');
    const refused = await client.ask('RCPT TO:<dora@example.test>');
    const id = / https:\/\/panel\.example\/r\/(\w{33})$/u.exec(refused)?.[1];
    expect(journal.events.filter((event) => event.kind === 'decision' && event.id === id)).toHaveLength(1);
    expect(await client.ask('RCPT TO:<dora>')).toMatch(/^501 5\.1\.3 .*\/r\/\w{33}$/u);
    expect(await client.ask('FROB')).not.toContain('panel');
  });

  it('writes each decision down once, with its trace and the time of each fact', async () => {
    const { ready, journal } = await serve();
    const client = await ready();
    await client.askAll(...ENVELOPE, 'RCPT TO:<dora@example.test>', 'DATA');
    await client.ask('Subject: x\r\n\r\nx\r\n.');
    const decisions = journal.events.filter((event) => event.kind === 'decision');
    expect(decisions.map((event) => [event.trace.stage, event.trace.verdict, event.reply.slice(0, 9)])).toEqual([
      ['mail', 'pass', '250 2.1.0'],
      ['rcpt', 'pass', '250 2.1.5'],
      ['rcpt', 'refuse', '550 5.1.1'],
      ['message', 'pass', '250'],
    ]);
    expect(new Set(decisions.map((event) => event.id)).size).toBe(4);
    const facts = decisions.flatMap((event) => event.trace.facts);
    expect(facts.map((fact) => fact.fact)).toEqual(['sender', 'destination', 'room', 'sender', 'destination', 'room']);
    expect(facts.every((fact) => fact.ms >= 0)).toBe(true);
    expect(journal.events.filter((event) => event.kind === 'delivery')).toHaveLength(1);
  });

  it('answers octets that are no text', async () => {
    const client = await (await serve()).ready();
    client.write(Buffer.from('MAIL FROM:<jos\xe9@sender.test>\r\n', 'latin1'));
    expect(await client.reply()).toMatch(/^553 5\.6\.7 /u);
    client.write(Buffer.from([0x58, 0xff, 0xfe, 0x00, 0x0d, 0x0a]));
    expect(await client.reply()).toMatch(/^500 5\.5\.2 /u);
  });

  it('refuses a command that ends with LF alone, without doing it', async () => {
    const { ready, journal } = await serve();
    const client = await ready();
    client.write('MAIL FROM:<a@sender.test>\n');
    expect(await client.reply()).toMatch(/^500 5\.5\.2 /u);
    client.write('RCPT TO:<alice@example.test>\r\n');
    expect(await client.reply()).toMatch(/^503 5\.5\.1 /u);
    expect(journal.events.filter((event) => event.kind === 'protocol')).toHaveLength(2);
  });
});

describe('pipelining', () => {
  it('reads commands, a message and more commands out of one write', async () => {
    const served = await serve();
    const client = await served.client();
    client.say(
      'EHLO x',
      ...ENVELOPE,
      'DATA',
      'Subject: one',
      '',
      '.',
      ...ENVELOPE,
      'DATA',
      'Subject: two',
      '',
      '.',
      'NOOP',
      'QUIT',
      'NOOP',
    );
    expect([...(await client.rest()).matchAll(/^(\d{3}) /gmu)].map((match) => match[1])).toEqual(
      '250 250 250 354 250 250 250 354 250 250 221'.split(' '),
    );
    expect(served.stored).toHaveLength(2);
  });

  it('reads them octet by octet', async () => {
    const served = await serve();
    const client = await served.client();
    client.socket.setNoDelay(true);
    for (const octet of ['EHLO x', ...ENVELOPE, 'DATA', '.a', '.', 'QUIT', ''].join('\r\n')) {
      client.write(octet);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.rest();
    expect(served.stored[0]?.bytes.toString()).toMatch(/\r\na\r\n$/u);
  });

  it.each(['\n.\r\n', '\n.\n', '\r.\r\n', '\r\n.\n', '\r\n.\r', '\r\n\0.\r\n'])('does not end a message at %j', async (end) => {
    const served = await serve();
    const client = await served.ready();
    await client.askAll(...ENVELOPE, 'DATA');
    client.write(`Subject: a${end}MAIL FROM:<evil@sender.test>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nsmuggled\r\n.\r\n`);
    await client.reply();
    expect(await client.ask('RCPT TO:<bob@example.test>')).toMatch(/^503 /u);
    expect(served.stored.map((message) => message.address)).not.toContain('bob@example.test');
    expect(served.stored.length).toBeLessThanOrEqual(1);
  });
});

describe('those who speak first', () => {
  it.each(['EHLO early.test\r\n', 'EHLO early.test\r\nMAIL FROM:<a@sender.test>\r\n', 'GET / HTTP', '\x16\x03\x01'])(
    'refuses %j',
    async (early) => {
      const { dial, journal } = await serve();
      const client = dial(early);
      expect(await client.rest()).toBe('554 5.5.1 you spoke before you were greeted\r\n');
      expect(journal.events.map((event) => (event.kind === 'session' ? event.what : event.kind))).toContain('refused');
    },
  );
});
