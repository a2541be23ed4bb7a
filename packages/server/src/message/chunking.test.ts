import { createByteBudget } from '@vratny/message';
import type { SmtpClient } from '@vratny/support/smtp-client';
import { describe, expect, it } from 'vitest';
import { TLS } from '../certificate.fixture.ts';
import { JUNK_COMMANDS_MAX } from '../limits.ts';
import { ENVELOPE, serve, until } from '../server.fixture.ts';

const [MAIL, RCPT] = ENVELOPE;

/** Says a chunk with its octets. */
function chunk(text: string, last?: 'LAST'): string {
  return `BDAT ${Buffer.byteLength(text)}${last ? ' LAST' : ''}\r\n${text}`;
}

async function opened(client: SmtpClient): Promise<SmtpClient> {
  await client.askAll(...ENVELOPE);
  return client;
}

function bodyOf(served: Awaited<ReturnType<typeof serve>>, at = 0): string {
  return served.stored[at]?.bytes.toString('latin1').split('\r\n\r\n').slice(1).join('\r\n\r\n') ?? 'nothing stored';
}

describe('BDAT', () => {
  it('takes a message in one chunk, and in many, and the session goes on', async () => {
    const served = await serve();
    const client = await opened(await served.ready());
    client.write(chunk('Subject: one\r\n\r\nwhole\r\n', 'LAST'));
    expect(await client.reply()).toMatch(/^250 2\.0\.0 stored as /u);
    await opened(client);
    for (const piece of ['Subject: t', 'wo\r', '\n\r\npie', 'ces\r\n']) {
      client.write(chunk(piece));
      expect(await client.reply()).toBe(`250 2.0.0 ${piece.length} octets received`);
    }
    expect(await client.ask('BDAT 0 LAST')).toMatch(/^250 2\.0\.0 stored as /u);
    expect([bodyOf(served), bodyOf(served, 1)]).toEqual(['whole\r\n', 'pieces\r\n']);
    expect(await client.ask('NOOP')).toMatch(/^250 /u);
  });

  it('is the same octet by octet, and in one write with everything around it', async () => {
    const said = `${MAIL}\r\n${RCPT}\r\n${chunk('Subject: x\r\n\r\n')}${chunk('QUIT\r\n.\r\nRSET\r\n', 'LAST')}NOOP\r\n`;
    for (const size of [1, 7, said.length]) {
      const served = await serve();
      const client = await served.ready();
      for (let at = 0; at < said.length; at += size) client.write(said.slice(at, at + size));
      const replies: string[] = [];
      for (let i = 0; i < 5; i += 1) replies.push((await client.reply()).slice(0, 9));
      expect(replies).toEqual(['250 2.1.0', '250 2.1.5', '250 2.0.0', '250 2.0.0', '250 2.0.0']);
      expect(bodyOf(served)).toBe('QUIT\r\n.\r\nRSET\r\n');
    }
  });

  const contents: readonly (readonly [name: string, text: string, stored: string])[] = [
    ['dots stay', '.\r\n..\r\n.x\r\n', '.\r\n..\r\n.x\r\n'],
    ['a bare LF becomes a line end', 'a\nb\n', 'a\r\nb\r\n'],
    ['a last line without an end gets one', 'a', 'a\r\n'],
  ];
  it.each(contents)('%s', async (_, text, stored) => {
    const served = await serve();
    const client = await opened(await served.ready());
    client.write(chunk(`Subject: x\r\n\r\n${text}`, 'LAST'));
    expect(await client.reply()).toMatch(/^250 /u);
    expect(bodyOf(served)).toBe(stored);
  });

  it.each(['a bare \r CR', 'a NUL \0'])('%j is refused as with DATA', async (text) => {
    const served = await serve();
    const client = await opened(await served.ready());
    client.write(chunk(text, 'LAST'));
    expect(await client.reply()).toMatch(/^550 5\.6\.0 /u);
    expect(served.stored).toEqual([]);
  });

  it('with RSET in between forgets what came', async () => {
    const served = await serve();
    const client = await opened(await served.ready());
    client.write(`${chunk('x'.repeat(300_000))}RSET\r\n`);
    expect(await client.reply()).toMatch(/^250 2\.0\.0 300000 /u);
    expect(await client.reply()).toMatch(/^250 2\.0\.0 transaction forgotten/u);
    expect(served.inFlight.takenBytes).toBe(0);
    await opened(client);
    client.write(chunk('Subject: y\r\n\r\ny\r\n', 'LAST'));
    await client.reply();
    expect(served.stored.map(({ bytes }) => bytes.includes('xxx'))).toEqual([false]);
  });

  it.each(['EHLO again', 'QUIT', 'STARTTLS'])('with %s in between forgets what came', async (line) => {
    const served = await serve({ tls: TLS });
    const client = await opened(await served.ready());
    client.write(chunk('x'.repeat(300_000)));
    await client.reply();
    await client.ask(line);
    await until('it is given back', () => served.inFlight.takenBytes === 0);
    expect(served.stored).toEqual([]);
  });
});

describe('a chunk that is not taken', () => {
  const EVIL = `${MAIL}\r\n${RCPT}\r\nDATA\r\nevil\r\n.\r\n`;
  const rows: readonly (readonly [name: string, before: readonly string[], reply: RegExp])[] = [
    ['after MAIL alone', [MAIL], /^554 5\.5\.1 /u],
    ['after a recipient that was refused', [MAIL, 'RCPT TO:<nobody@example.test>'], /^554 5\.5\.1 /u],
    ['before MAIL', ['NOOP'], /^503 5\.5\.1 /u],
  ];
  it.each(rows)('%s is read and thrown away', async (_, before, reply) => {
    const served = await serve();
    const client = await served.ready();
    client.say(...before);
    client.write(`${chunk(EVIL)}${chunk(EVIL, 'LAST')}NOOP\r\n`);
    for (const _line of before) await client.reply();
    expect(await client.reply()).toMatch(reply);
    expect(await client.reply()).toMatch(reply);
    expect(await client.reply()).toMatch(/^250 /u);
    expect(served.stored).toEqual([]);
  });

  it('before EHLO is read and thrown away', async () => {
    const served = await serve();
    const client = await served.client();
    client.write(`${chunk(EVIL, 'LAST')}NOOP\r\n`);
    expect(await client.reply()).toMatch(/^503 5\.5\.1 /u);
    expect(await client.reply()).toMatch(/^250 /u);
  });

  it('makes all later chunks of its transaction be refused: no message lacks a piece', async () => {
    const served = await serve();
    const client = await served.ready();
    await client.ask(MAIL);
    client.write(chunk('first'));
    expect(await client.reply()).toMatch(/^554 /u);
    for (const line of [RCPT, 'DATA', MAIL]) expect(await client.ask(line)).toMatch(/^503 5\.5\.1 /u);
    client.write(chunk('second', 'LAST'));
    expect(await client.reply()).toMatch(/^554 /u);
    // The transaction is over.
    await opened(client);
    client.write(chunk('Subject: x\r\n\r\nx\r\n', 'LAST'));
    expect(await client.reply()).toMatch(/^250 2\.0\.0 stored/u);
  });

  it('is 452 when there is no room, chunk after chunk, and the retry is taken', async () => {
    const served = await serve({ inFlight: createByteBudget(1000) });
    const client = await served.ready();
    await client.askAll(`${MAIL} SIZE=1001`, RCPT);
    client.write(`${chunk('first')}${chunk('second', 'LAST')}`);
    expect(await client.reply()).toMatch(/^452 4\.3\.1 /u);
    expect(await client.reply()).toMatch(/^452 4\.3\.1 /u);
    await opened(client);
    client.write(`${chunk('x'.repeat(900))}${chunk('x'.repeat(900))}${chunk('x', 'LAST')}`);
    expect(await client.reply()).toMatch(/^250 /u);
    expect(await client.reply()).toMatch(/^452 4\.3\.1 /u);
    expect(await client.reply()).toMatch(/^452 4\.3\.1 /u);
    expect(served.stored).toEqual([]);
    expect(served.inFlight.takenBytes).toBe(0);
  });
});

describe('a BDAT that cannot be read', () => {
  const EVIL = `${MAIL}\r\n${RCPT}\r\nDATA\r\nevil\r\n.\r\n`;
  const sizes = [
    '',
    ' LAST',
    ' x',
    ' -1',
    ' +70',
    ' 0x46',
    ' 7e1',
    ' 70.0',
    ' 70,',
    ' 70LAST',
    ' 70 FIRST',
    ' 70 70',
    ' 70 LAST x',
    ' \u0667\u0660',
    '70',
  ];
  const lines: readonly (readonly [line: string, reply: RegExp])[] = [
    ...sizes.map((size) => [`BDAT${size}\r\n`, size === '70' ? /^500 5\.5\.2 / : /^501 5\.5\.4 /u] as const),
    ['bdat x\r\n', /^501 5\.5\.4 /u],
    [' BDAT 70\r\n', /^500 5\.5\.2 /u],
    ['BDAT 70\0\r\n', /^501 5\.5\.2 /u],
    ['BDAT 70\n', /^500 5\.5\.2 /u],
    [`BDAT 70${' '.repeat(3_000)}\r\n`, /^500 5\.5\.2 /u],
    [`BDAT ${'9'.repeat(3_000)} LAST\r\n`, /^500 5\.5\.2 /u],
  ];
  const phases: readonly (readonly [name: string, said: string])[] = [
    ['before MAIL', ''],
    ['after MAIL', `${MAIL}\r\n`],
    ['after RCPT', `${MAIL}\r\n${RCPT}\r\n`],
    ['in the middle of a message', `${MAIL}\r\n${RCPT}\r\n${chunk('first')}`],
    ['after a chunk that was not taken', `${MAIL}\r\n${chunk('first')}${RCPT}\r\n`],
  ];
  const rows = lines.flatMap(([line, reply]) => phases.map(([phase, said]) => [line.slice(0, 40), phase, said + line, reply] as const));
  it.each(rows)('%j %s ends the session: nothing behind it is a command', async (_line, _phase, said, reply) => {
    const served = await serve();
    const client = await served.ready();
    client.write(`${said}${EVIL}${chunk('second', 'LAST')}NOOP\r\n`);
    const replies = (await client.rest()).trimEnd().split('\r\n');
    expect(replies.at(-1)).toMatch(reply);
    expect(replies).toHaveLength(said.split(/\r?\n/u).length - 1);
    expect(served.stored).toEqual([]);
    await until('the client is gone', () => served.server.clients.total === 0);
    expect(served.inFlight.takenBytes).toBe(0);
  });

  it('says so also when it comes after its octets', async () => {
    const client = await opened(await (await serve()).ready());
    client.write('BDAT five LAST\r\n');
    expect(await client.rest()).toMatch(/^501 5\.5\.4 [^\r\n]+\r\n$/u);
  });
});

describe('the order of commands around BDAT', () => {
  it('has no RCPT, MAIL or DATA once a message has begun', async () => {
    const served = await serve();
    const client = await opened(await served.ready());
    client.write(chunk('Subject: x\r\n\r\n'));
    await client.reply();
    for (const line of ['DATA', 'RCPT TO:<bob@example.test>', MAIL]) expect(await client.ask(line)).toMatch(/^503 5\.5\.1 /u);
    expect(await client.ask('NOOP')).toMatch(/^250 /u);
    client.write(chunk('x\r\n', 'LAST'));
    expect(await client.reply()).toMatch(/^250 2\.0\.0 stored/u);
    expect(served.stored.map(({ address }) => address)).toEqual(['alice@example.test']);
  });

  it('has DATA in the next transaction', async () => {
    const served = await serve();
    const client = await opened(await served.ready());
    client.write(chunk('one\r\n', 'LAST'));
    await client.reply();
    expect(await client.ask('BDAT 0 LAST')).toMatch(/^503 /u);
    await client.askAll(...ENVELOPE, 'DATA');
    expect(await client.ask('two\r\n.')).toMatch(/^250 /u);
  });
});

describe('sizes of chunks', () => {
  const limits = { messageMaxBytes: 1000 };

  it('a message above the limit is 552 from the chunk on that passes it, and the session goes on', async () => {
    const served = await serve({ limits });
    const client = await opened(await served.ready());
    client.write(`${chunk('x'.repeat(600))}${chunk('x'.repeat(600))}${chunk('x', 'LAST')}NOOP\r\n`);
    const replies: string[] = [];
    for (let i = 0; i < 4; i += 1) replies.push((await client.reply()).slice(0, 9));
    expect(replies).toEqual(['250 2.0.0', '552 5.3.4', '552 5.3.4', '250 2.0.0']);
    expect(served.stored).toEqual([]);
  });

  it.each([
    ['more than twice the limit', 'BDAT 2001 LAST'],
    ['as much as a number holds', 'BDAT 99999999999999999999'],
    ['more than a number holds', `BDAT ${'9'.repeat(1_000)} LAST`],
    ['as much as 64 bits hold, and one', 'BDAT 18446744073709551616 LAST'],
  ])('%s is refused at once, and the connection is closed', async (_, line) => {
    const served = await serve({ limits });
    const client = await opened(await served.ready());
    client.write(`${line}\r\n${'x'.repeat(5_000)}\r\nNOOP\r\n`);
    expect(await client.rest()).toMatch(/^552 5\.3\.4 [^\r\n]+\r\n$/u);
    await until('the client is gone', () => served.server.clients.total === 0);
  });

  it('empty chunks without end are junk', async () => {
    const client = await (await serve()).ready();
    client.write('BDAT 0\r\n'.repeat(JUNK_COMMANDS_MAX + 50));
    expect(await client.rest()).toMatch(/\r\n421 4\.7\.0 [^\r\n]+\r\n$/u);
  });
});

describe('a client that closes its sending side behind BDAT', () => {
  it.each([
    ['behind LAST', `${chunk('Subject: x\r\n\r\n')}${chunk('x\r\n', 'LAST')}`, ['250', '250'], 1],
    ['behind LAST and QUIT', `${chunk('Subject: x\r\n\r\nx\r\n', 'LAST')}QUIT\r\n`, ['250', '221'], 1],
    ['behind a chunk that is not the last', chunk('Subject: x\r\n\r\nx\r\n'), ['250'], 0],
    ['within a chunk', chunk('Subject: x\r\n\r\nx\r\n', 'LAST').slice(0, -1), [], 0],
  ])('%s', async (_, said, codes, stored) => {
    const served = await serve();
    const client = await opened(await served.ready());
    client.write(said);
    client.socket.end();
    expect([...(await client.rest()).matchAll(/^(\d{3}) /gmu)].map((match) => match[1])).toEqual(codes);
    await until('the client is gone', () => served.server.clients.total === 0);
    expect(served.stored).toHaveLength(stored);
    expect(served.inFlight.takenBytes).toBe(0);
  });
});
