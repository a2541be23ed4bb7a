import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { FOREIGN_RECIPIENT, RECIPIENT } from './server.ts';
import type { Work } from './work.ts';

/**
 * `node test/load/peers/clients.ts JSON`: sends messages over several sessions at once, one command at a time as smtp-source does, and prints how long
 * all of them and the median and slowest hundredth of them took. Ends with 1 at the first reply that the work does not expect. On sockets
 * without the client of `test/support`, whose work would take time of the machine that is measured.
 */
type Task = Work & { readonly port: number; readonly messages: number };

const task: Task = JSON.parse(process.argv[2] ?? '{}');
const times: number[] = [];
let next = 0;
const body = Buffer.from(`${'x'.repeat(70)}\r\n`.repeat(Math.ceil(task.sizeBytes / 72)));

const startedAt = performance.now();
await Promise.all(Array.from({ length: Math.min(task.sessions, task.messages) }, runSession));
const ms = performance.now() - startedAt;
times.sort((one, other) => one - other);
process.stdout.write(JSON.stringify({ ms, p50Ms: quantile(0.5), p99Ms: quantile(0.99) }));

function quantile(share: number): number {
  return times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
}

/** Messages until all are sent, over one connection or over one each. */
async function runSession(): Promise<void> {
  while (next < task.messages) {
    const session = await openSession();
    do {
      const number = next;
      next += 1;
      const sentAt = performance.now();
      await sendOne(session, number);
      times.push(performance.now() - sentAt);
    } while (task.connections === 'kept' && next < task.messages);
    await session.say('QUIT', 221);
    session.end();
  }
}

interface Session {
  /** Says something and waits for the reply. */
  say(what: string | Buffer, code: number): Promise<void>;
  end(): void;
}

async function openSession(): Promise<Session> {
  const plain = connect({ port: task.port, host: '127.0.0.1', noDelay: true });
  const greeted = speak(plain);
  await greeted.reply(220);
  await greeted.say('EHLO client.example', 250);
  if (!task.tls) return greeted;
  await greeted.say('STARTTLS', 220);
  plain.removeAllListeners('data');
  const secure = speak(connectTls({ socket: plain, rejectUnauthorized: false, servername: 'mx.test' }));
  await secure.say('EHLO client.example', 250);
  return secure;
}

async function sendOne(session: Session, number: number): Promise<void> {
  const sender = `a@sender${1 + (number % task.senders)}.cz`;
  const refused = task.ends === 'refused';
  await session.say(`MAIL FROM:<${sender}>`, 250);
  await session.say(`RCPT TO:<${refused ? FOREIGN_RECIPIENT : RECIPIENT}>`, refused ? 550 : 250);
  if (refused) return;
  await session.say('DATA', 354);
  const head = `From: ${sender}\r\nTo: ${RECIPIENT}\r\nSubject: ${number}\r\nDate: Fri, 27 Nov 2026 00:00:00 +0000\r\nMessage-ID: <${process.pid}.${number}@sender.cz>\r\n\r\n`;
  await session.say(Buffer.concat([Buffer.from(head), body, Buffer.from('.')]), 250);
}

function speak(socket: Socket): Session & { reply(code: number): Promise<void> } {
  let heard = '';
  let waiting: { code: number; resolve: () => void } | undefined;
  const look = () => {
    const last = /^(\d{3})(?: .*)?\r\n$/mu.exec(heard);
    if (waiting === undefined || last === null) return;
    // Servers choose codes of their own; the class says what they mean.
    if (last[1]?.[0] !== String(waiting.code)[0]) fail(`${waiting.code} was expected and this came: ${heard}`);
    heard = '';
    waiting.resolve();
    waiting = undefined;
  };
  socket.on('data', (piece) => {
    heard += piece.toString('latin1');
    look();
  });
  socket.on('error', (error) => fail(error.message));
  socket.on('close', () => waiting && fail(`closed: ${heard}`));
  const reply = (code: number) =>
    new Promise<void>((resolve) => {
      waiting = { code, resolve };
      look();
    });
  return {
    reply,
    say: (what, code) => {
      socket.cork();
      socket.write(what);
      socket.write('\r\n');
      socket.uncork();
      return reply(code);
    },
    end: () => void socket.end(),
  };
}

function fail(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}
