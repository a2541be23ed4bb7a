import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Attempt } from '../ledger/attempt.ts';
import { type Client, clientOn, NoReply, openClient } from '../ledger/client.ts';
import { type TestMessage, toWire } from '../ledger/message.ts';

/**
 * How TLS ends too early (RFC 8446 §6.1). `no close_notify`: the TCP connection is closed below it, as an attacker could do it; `reset`: broken;
 * `close_notify`: it is said that nothing more comes, and the TCP connection stays open.
 */
export type Cut = 'no close_notify' | 'reset' | 'close_notify';

/** Where TLS is cut: so many octets before the end of the message, or, where none is missing, so long after it. */
export interface CutPoint {
  readonly cut: Cut;
  readonly missing: number;
  readonly afterMs: number;
}

/** Sends a message by STARTTLS up to there, cuts the connection, and reads nothing more. */
export async function attemptCutTls(port: number, message: TestMessage, { cut, missing, afterMs }: CutPoint): Promise<Attempt> {
  const startedAt = new Date();
  const started = performance.now();
  const plain = await openClient(port);
  const raw = plain.socket;
  try {
    const secure = await startTls(plain);
    const client = clientOn(secure);
    const commands = ['EHLO client.test', `MAIL FROM:<${message.sender}>`, ...message.recipients.map((one) => `RCPT TO:<${one}>`)];
    for (const command of commands) await expectReply(client, command, 250);
    await expectReply(client, 'DATA', 354);
    const wire = toWire(message);
    await new Promise<void>((resolve) => secure.write(wire.subarray(0, wire.length - missing), () => resolve()));
    if (afterMs > 0) await pause(afterMs);
    await cutOff(raw, secure, cut);
  } finally {
    if (cut !== 'close_notify') raw.destroy();
  }
  const why = `${cut}, ${missing} octets before the end, ${afterMs} ms after`;
  const ms = Math.round(performance.now() - started);
  return { startedAt, ms, offered: message.recipients, turnedAway: new Map(), sent: true, ending: { kind: 'lost', why } };
}

async function startTls(plain: Client): Promise<TLSSocket> {
  const raw = plain.socket;
  const greeting = await plain.readReply();
  if (greeting.code !== 220) throw new NoReply(greeting.text);
  await expectReply(plain, 'EHLO client.test', 250);
  await expectReply(plain, 'STARTTLS', 220);
  raw.removeAllListeners('data').removeAllListeners('end');
  // The certificate of the tests is self-signed.
  const secure = connectTls({ socket: withoutFin(raw), rejectUnauthorized: false });
  secure.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => secure.once('secureConnect', resolve).once('error', reject));
  return secure;
}

async function expectReply(client: Client, command: string, code: number): Promise<void> {
  const reply = await client.say(command);
  if (reply.code !== code) throw new Error(`${command}: ${reply.text}`);
}

async function cutOff(raw: Socket, secure: TLSSocket, cut: Cut): Promise<void> {
  if (cut === 'reset') raw.resetAndDestroy();
  else if (cut === 'no close_notify') raw.destroy();
  else await new Promise<void>((resolve) => secure.end(() => resolve()));
}

/** The socket, but that the end of what is written into it does not end its writing side. */
function withoutFin(socket: Socket): Duplex {
  const duplex = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _encoding, done) => void socket.write(chunk, () => done()),
    final: (done) => done(),
  });
  socket.on('data', (chunk: Buffer) => {
    if (!duplex.push(chunk)) socket.pause();
  });
  socket.on('end', () => duplex.push(null)).on('error', () => duplex.destroy());
  return duplex;
}
