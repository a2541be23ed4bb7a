import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { SlowKind } from './slow-clients.ts';

/**
 * A process of its own that holds slow connections: `node slow-process.ts PORT KIND COUNT [SKIP]`. Each calls from an address of its own, so that no bound
 * by address hides anything. It prints `held` once all of them are where they stay; one that is turned away ends it with 1. Ends when its input does. On sockets
 * without `smtp-client.ts`: a process holds thousands, and what some of them send is part of a line or of a handshake.
 */
const [portText = '', kind = '', countText = '', skipText = '0'] = process.argv.slice(2);
const port = Number(portText);
const count = Number(countText);
const skip = Number(skipText);

/** So many are on their way at once. */
const AT_ONCE = 100;
const MAIL = ['EHLO client.test', 'MAIL FROM:<a@sender.test>', 'RCPT TO:<alice@a.example.test>', 'DATA'];
/** The beginning of a ClientHello whose record says that 508 more octets follow. */
const HALF_HELLO = Buffer.from('16030102000100', 'hex');

/** A whole one, as Node's client sends it. */
const HELLO = await new Promise<Buffer>((resolve) => {
  const wire = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, next) {
      resolve(chunk);
      next();
    },
  });
  connectTls({ socket: wire, servername: 'mx.example.test' }).on('error', () => undefined);
});

/** What is said first, each when the reply to the one before has come; and what is then done for ever. */
const PLANS: Readonly<Record<SlowKind, { readonly say: readonly string[]; readonly stay: (socket: Socket) => void }>> = {
  silent: { say: [], stay: () => undefined },
  command: { say: [], stay: (socket) => trickle(socket, 'EHLO a-name-that-takes-its-time.client.test', 10_000) },
  data: { say: MAIL, stay: (socket) => trickle(socket, 'Subject: this takes longer than anybody waits\r\n\r\n', 1_000) },
  tls: { say: ['EHLO client.test', 'STARTTLS'], stay: (socket) => void socket.write(HALF_HELLO) },
  hello: { say: ['EHLO client.test', 'STARTTLS'], stay: (socket) => void socket.write(HELLO) },
  unread: {
    say: [],
    stay: (socket) => {
      socket.pause();
      socket.write('EHLO client.test\r\n'.repeat(80));
    },
  },
};

const sockets: Socket[] = [];

function trickle(socket: Socket, text: string, everyMs: number): void {
  let at = 0;
  socket.write(text[at] ?? 'x');
  setInterval(() => {
    at += 1;
    socket.write(text[at] ?? 'x');
  }, everyMs);
}

function open(index: number, plan: (typeof PLANS)[SlowKind]): Promise<void> {
  return new Promise((resolve, reject) => {
    const localAddress = `127.${10 + (index >> 14)}.${(index >> 7) & 127}.${1 + (index & 127)}`;
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    const waiting = [...plan.say];
    let rest = '';
    socket.on('error', reject).once('close', () => reject(new Error('the connection was closed')));
    socket.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('latin1')).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines.filter((one) => one[3] !== '-')) {
        const next = waiting.shift();
        if (!/^[23]/u.test(line)) reject(new Error(line));
        else if (next !== undefined) socket.write(`${next}\r\n`);
        else {
          socket.removeAllListeners('data').resume();
          plan.stay(socket);
          resolve();
        }
      }
    });
    sockets.push(socket);
  });
}

const plan = Object.entries(PLANS).find(([name]) => name === kind)?.[1];
if (plan === undefined) throw new Error(`no such kind: ${kind}`);

let started = 0;
async function work(of: NonNullable<typeof plan>): Promise<void> {
  while (started < count) {
    started += 1;
    await open(skip + started, of);
  }
}

process.stdin.on('end', () => process.exit(0)).resume();
await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, () => work(plan)));
process.stdout.write('held\n');
