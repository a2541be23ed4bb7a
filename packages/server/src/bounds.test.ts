import { describe, expect, it } from 'vitest';
import type { Admitted } from './admission.ts';
import { COMMANDS_BEYOND_BOUNDS_MAX, JUNK_COMMANDS_MAX, PROTOCOL_ERRORS_MAX, RECIPIENTS_IN_VAIN_MAX } from './limits.ts';
import { ENVELOPE, serve, until } from './server.fixture.ts';

describe('bounds of a session', () => {
  it('ends one with too much junk, which mail resets', async () => {
    const served = await serve();
    const client = await served.client();
    await client.ask('EHLO x');
    await client.askAll(...Array.from({ length: JUNK_COMMANDS_MAX - 1 }, () => 'NOOP'));
    await client.askAll(...ENVELOPE, 'DATA', '.');
    client.say(...Array.from({ length: JUNK_COMMANDS_MAX + 10 }, () => 'RSET'));
    const replies = (await client.rest()).trimEnd().split('\r\n');
    expect(replies).toHaveLength(JUNK_COMMANDS_MAX + 1);
    expect(replies.at(-1)).toBe('421 4.7.0 too many commands without mail');
    await until('the end is written down', () => served.journal.events.at(-1)?.kind === 'session');
    expect(served.journal.events.at(-1)).toMatchObject({ what: 'closed', detail: '421 4.7.0 too many commands without mail' });
  });

  it('counts a MAIL that is refused as junk', async () => {
    const client = await (await serve()).ready();
    client.say(...Array.from({ length: JUNK_COMMANDS_MAX + 10 }, () => 'MAIL FROM:<a@sender.test> SIZE=99999999'));
    expect(await client.rest()).toMatch(/\r\n421 4\.7\.0 too many commands without mail\r\n$/u);
  });

  it('lets one with too much junk say QUIT', async () => {
    const client = await (await serve()).client();
    await client.askAll(...Array.from({ length: JUNK_COMMANDS_MAX }, () => 'NOOP'));
    expect(await client.ask('QUIT')).toMatch(/^221 /u);
  });

  it.each(['WIZ', 'MAIL FROM:<a@sender.test>', 'NOOP\n'])('ends one with too many errors: %j', async (line) => {
    const { client: dial, journal } = await serve();
    const client = await dial();
    client.write((line.endsWith('\n') ? line : `${line}\r\n`).repeat(PROTOCOL_ERRORS_MAX + 5));
    const replies = (await client.rest()).trimEnd().split('\r\n');
    expect(replies).toHaveLength(PROTOCOL_ERRORS_MAX + 1);
    expect(replies.at(-1)).toBe('421 4.7.0 too many errors in this session');
    const written = journal.events.filter((event) => event.kind === 'protocol');
    expect(written.map((event) => event.reply)).toEqual(replies);
    expect(new Set(written.map((event) => event.id)).size).toBe(replies.length);
  });

  it('delays recipients beyond the bound, also when they are all the same one', async () => {
    const served = await serve({ limits: { recipientsMax: 2 } });
    const client = await served.ready();
    const [mail, rcpt] = ENVELOPE;
    const replies = await client.askAll(mail, rcpt, rcpt, rcpt, 'RCPT TO:<bob@example.test>', 'DATA');
    expect(replies.map((reply) => reply.slice(0, 9))).toEqual([
      '250 2.1.0',
      '250 2.1.5',
      '250 2.1.5',
      '452 4.5.3',
      '452 4.5.3',
      '354 end t',
    ]);
    expect(await client.ask('x\r\n.')).toMatch(/^250 /u);
    expect(served.stored.map((message) => message.address)).toEqual(['alice@example.test']);
  });

  it('ends one that names recipients in vain without end', async () => {
    const client = await (await serve()).ready();
    client.say('MAIL FROM:<a@faulty.test>', ...Array.from({ length: RECIPIENTS_IN_VAIN_MAX + 5 }, () => ENVELOPE[1]));
    const replies = (await client.rest()).trimEnd().split('\r\n');
    expect(replies).toHaveLength(RECIPIENTS_IN_VAIN_MAX + 2);
    expect(replies.at(-1)).toMatch(/^421 4\.7\.0 too many recipients of this session were not taken https:\/\/\S+$/u);
  });

  const [mail, alice] = ENVELOPE;
  const beyond: readonly (readonly [name: string, lines: readonly string[], last: RegExp, limits: { readonly recipientsMax?: number }])[] =
    [
      ['refused recipients', Array.from({ length: 30 }, (_, i) => `RCPT TO:<nobody${i}@example.test>`), /^452 4\.5\.3 /u, {}],
      ['recipients one too many', Array.from({ length: RECIPIENTS_IN_VAIN_MAX + 50 }, () => alice), /^452 4\.5\.3 /u, { recipientsMax: 1 }],
      ['commands without mail', Array.from({ length: JUNK_COMMANDS_MAX + 50 }, () => 'NOOP'), /^250 /u, {}],
      ['errors', Array.from({ length: PROTOCOL_ERRORS_MAX + 5 }, () => 'WIZ'), /^500 5\.5\.2 /u, {}],
      ['commands out of order', Array.from({ length: PROTOCOL_ERRORS_MAX + 5 }, () => mail), /^503 5\.5\.1 /u, {}],
    ];
  it.each(beyond)('%s: those who were accepted before get their message first', async (_name, lines, last, limits) => {
    const served = await serve({ limits });
    const client = await served.ready();
    const replies = await client.askAll(mail, alice, ...lines);
    expect(replies.at(-1)).toMatch(last);
    await client.ask('DATA');
    expect(await client.ask('x\r\n.')).toMatch(/^250 /u);
    expect(served.stored.map(({ address }) => address)).toEqual(['alice@example.test']);
  });

  it('and the session ends afterwards where it would have ended before', async () => {
    const client = await (await serve({ limits: { failedRecipientsMax: 2 } })).ready();
    const dead = ['d', 'e', 'f'].map((name) => `RCPT TO:<${name}@example.test>`);
    const replies = await client.askAll(mail, alice, ...dead, 'RCPT TO:<bob@example.test>', 'DATA');
    expect(replies.map((reply) => reply.slice(0, 3))).toEqual(['250', '250', '550', '550', '452', '452', '354']);
    expect(await client.ask('x\r\n.')).toMatch(/^250 /u);
    await client.ask(mail);
    expect(await client.ask(alice)).toMatch(/^421 4\.7\.0 /u);
  });

  it('ends one whose recipients were accepted and whose message never comes', async () => {
    const client = await (await serve({ limits: { recipientsMax: 1 } })).ready();
    client.say(mail, ...Array.from({ length: RECIPIENTS_IN_VAIN_MAX + COMMANDS_BEYOND_BOUNDS_MAX + 50 }, () => alice));
    expect(await client.rest()).toMatch(/\r\n421 4\.7\.0 [^\r\n]+\r\n$/u);
  }, 30_000);

  it('ends one that guesses recipients', async () => {
    const client = await (await serve({ limits: { failedRecipientsMax: 3 } })).ready();
    const guesses = ['d', 'e', 'f', 'alice', 'g'].map((name) => `RCPT TO:<${name}@example.test>`);
    client.say('MAIL FROM:<a@sender.test>', ...guesses);
    const replies = (await client.rest()).trimEnd().split('\r\n');
    expect(replies.map((reply) => reply.slice(0, 9))).toEqual(['250 2.1.0', '550 5.1.1', '550 5.1.1', '550 5.1.1', '421 4.7.0']);
  });

  it('does not count recipients that a fault delays as guesses', async () => {
    const client = await (await serve({ limits: { failedRecipientsMax: 2 } })).ready();
    await client.ask('MAIL FROM:<a@faulty.test>');
    for (let i = 0; i < 5; i += 1) expect(await client.ask(ENVELOPE[1])).toMatch(/^451 4\.4\.3 /u);
  });
});

describe('bounds of a server', () => {
  it('lets in so many from one address, and one more when one has left', async () => {
    const served = await serve({ limits: { connectionsPerIpMax: 2 } });
    const first = await served.client();
    await served.client();
    expect(await served.dial().rest()).toMatch(/^421 4\.7\.0 too many connections from 127\.0\.0\.1, /u);
    await first.ask('QUIT');
    first.socket.end();
    await until('one has left', () => served.server.clients.total === 1);
    expect([...served.server.clients.perIp]).toEqual([['127.0.0.1', 1]]);
    await served.client();
  });

  it('lets in so many in all', async () => {
    const served = await serve({ limits: { connectionsMax: 1 } });
    await served.client();
    expect(await served.dial().rest()).toMatch(/^421 4\.3\.2 /u);
  });

  it('asks whoever counts for all processes, and says nothing before the answer', async () => {
    const asked: string[] = [];
    const answers = [Promise.withResolvers<Admitted>(), Promise.withResolvers<Admitted>()] as const;
    const left: string[] = [];
    const admission = {
      enter: (ip: string) => answers[asked.push(ip) - 1]?.promise ?? ('full' as const),
      leave: (ip: string) => void left.push(ip),
    };
    const served = await serve({ admission });
    const first = served.dial();
    const second = served.dial();
    const third = served.dial();
    expect(await third.rest()).toMatch(/^421 4\.3\.2 this node has all the connections/u);
    expect(served.server.clients.total).toBe(0);
    answers[1]?.resolve('too-many-from-address');
    answers[0]?.resolve('admitted');
    expect(await first.reply()).toMatch(/^220 /u);
    expect(await second.rest()).toMatch(/^421 4\.7\.0 /u);
    first.socket.destroy();
    await until('it is given back', () => left.length === 1);
    expect(left).toEqual(['127.0.0.1']);
    expect(asked).toHaveLength(3);
  });

  it('does not keep the place of a client that left while its address was counted', async () => {
    const { promise, resolve } = Promise.withResolvers<'admitted'>();
    const left: string[] = [];
    const served = await serve({ admission: { enter: () => promise, leave: (ip) => void left.push(ip) } });
    const client = served.dial();
    await until('it is connected', () => client.socket.readyState === 'open');
    client.socket.resetAndDestroy();
    await until('it is gone', () => client.socket.closed);
    await new Promise((done) => setTimeout(done, 50));
    resolve('admitted');
    await until('its place is given back', () => left.length === 1);
    expect(served.server.clients.total).toBe(0);
  });

  it('writes down the first refusal of an address, and how many more there were', async () => {
    const served = await serve({ limits: { connectionsPerIpMax: 1 } });
    const first = await served.client();
    for (let i = 0; i < 5; i += 1) expect(await served.dial().rest()).toMatch(/^421 4\.7\.0 /u);
    const refusals = () => served.journal.events.filter((event) => event.kind === 'session' && event.what === 'refused');
    expect(refusals()).toHaveLength(1);
    first.socket.destroy();
    await served.server.drain(0);
    expect(refusals()).toMatchObject([{ detail: expect.stringMatching(/^421 4\.7\.0 /u) }, { count: 4 }]);
  });
});
