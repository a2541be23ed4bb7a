import type { Socket } from 'node:net';
import { ENVELOPE, gate, TLS, until } from '@vratny/server/testing';
import type { SmtpClient } from '@vratny/support/smtp-client';
import { describe, expect, it } from 'vitest';
import { type Served, serve } from './mx.fixture.ts';
import { createScriptedStore } from './store.fixture.ts';

const HEADER = 'Date: Mon, 4 May 2026 03:02:01 +0000\r\nMessage-ID: <half-close@sender.test>\r\n\r\n';
const SIZES: readonly (readonly [name: string, body: string])[] = [
  ['1 kB', `${HEADER}${'x'.repeat(998)}\r\n`],
  ['1 MB', `${HEADER}${`${'x'.repeat(78)}\r\n`.repeat(12_500)}`],
];

/** How a client says that it sends no more. */
type Way = 'FIN' | 'close_notify and FIN' | 'FIN under TLS';
const WAYS: readonly Way[] = ['FIN', 'close_notify and FIN', 'FIN under TLS'];

async function clientThat(served: Served, way: Way): Promise<{ client: SmtpClient; stop: () => void }> {
  const client = await served.ready();
  const raw: Socket = client.socket;
  if (way === 'FIN') return { client, stop: () => void raw.end() };
  await client.startTls();
  await client.ask('EHLO client.test');
  return { client, stop: () => void (way === 'close_notify and FIN' ? client.socket : raw).end() };
}

const CASES = WAYS.flatMap((way) => SIZES.flatMap(([size, body]) => ['', 'QUIT\r\n'].map((quit) => [way, size, quit, body] as const)));

describe('a client that closes its sending side', () => {
  it.each(CASES)(
    'behind the final dot (%s, %s, then %j) gets its 250, ten times of ten',
    async (way, _size, quit, body) => {
      const served = await serve({ tls: TLS, limits: { messageMaxBytes: 2_000_000 } });
      for (let i = 0; i < 10; i += 1) {
        const { client, stop } = await clientThat(served, way);
        await client.askAll(...ENVELOPE, 'DATA');
        client.write(`X-Number: ${i}\r\n${body}.\r\n${quit}`);
        stop();
        expect(await client.reply()).toMatch(/^250 2\.0\.0 stored as /u);
        expect(await client.rest()).toMatch(quit === '' ? /^$/u : /^221 [^\r\n]*\r\n$/u);
      }
      expect(served.stored).toHaveLength(10);
      await until('the clients are gone', () => served.server.clients.total === 0);
    },
    30_000,
  );

  it.each(WAYS)('behind a whole pipelined session (%s) reads every answer', async (way) => {
    const served = await serve({ tls: TLS });
    const { client, stop } = await clientThat(served, way);
    client.say(...ENVELOPE, 'DATA', 'x', '.', 'NOOP', 'QUIT');
    stop();
    const codes = [...(await client.rest()).matchAll(/^(\d{3}) /gmu)].map((match) => match[1]);
    expect(codes).toEqual(['250', '250', '354', '250', '250', '221']);
    expect(served.stored).toHaveLength(1);
  });

  const unfinished: readonly (readonly [name: string, said: string, codes: readonly string[]])[] = [
    ['behind a part of a command', 'NOO', []],
    ['behind MAIL', `${ENVELOPE[0]}\r\n`, ['250']],
    ['behind RCPT', `${ENVELOPE.join('\r\n')}\r\n`, ['250', '250']],
    ['behind DATA', `${ENVELOPE.join('\r\n')}\r\nDATA\r\n`, ['250', '250', '354']],
    ['in the middle of a message', `${ENVELOPE.join('\r\n')}\r\nDATA\r\nSubject: x\r\n\r\nhalf`, ['250', '250', '354']],
    ['one octet before the end', `${ENVELOPE.join('\r\n')}\r\nDATA\r\nx\r\n.\r`, ['250', '250', '354']],
    ['behind a dot that a bare LF ends', `${ENVELOPE.join('\r\n')}\r\nDATA\r\nx\r\n.\n`, ['250', '250', '354']],
  ];
  it.each(WAYS.flatMap((way) => unfinished.map((row) => [row[0], way, row[1], row[2]] as const)))(
    '%s (%s) has sent no message: nothing is stored',
    async (_name, way, said, codes) => {
      const served = await serve({ tls: TLS });
      const { client, stop } = await clientThat(served, way);
      client.write(said);
      stop();
      expect([...(await client.rest()).matchAll(/^(\d{3}) /gmu)].map((match) => match[1])).toEqual(codes);
      await until('the client is gone', () => served.server.clients.total === 0);
      expect(served.stored).toEqual([]);
      expect(served.inFlight.takenBytes).toBe(0);
    },
  );

  it.each(WAYS)('and goes altogether (%s) while its message is delivered: it is stored, and the retry finds it', async (way) => {
    const store = createScriptedStore();
    const served = await serve({ tls: TLS, delivery: store });
    const message = `${HEADER}x\r\n.\r\n`;
    const first = await clientThat(served, way);
    const asked = gate();
    const goOn = gate();
    store.beforeAsking = () => {
      asked.open();
      return goOn.opened;
    };
    await first.client.askAll(...ENVELOPE, 'DATA');
    first.client.write(message);
    await asked.opened;
    first.stop();
    first.client.socket.pause();
    goOn.open();
    await until('it is stored', () => served.journal.events.some((event) => event.kind === 'delivery'));
    first.client.socket.destroy();
    const second = await clientThat(served, way);
    await second.client.askAll(...ENVELOPE, 'DATA');
    expect(await second.client.ask(message.trimEnd())).toMatch(/^250 /u);
    expect(store.copies('alice@example.test')).toBe(1);
  });
});
