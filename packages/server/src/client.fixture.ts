import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A test fails with what was read so far rather than by the suite's time-out. */
const REPLY_MS = 5_000;

/** A client whose every octet the test decides. */
export interface Client {
  socket: Socket;
  /** Writes lines, each ended with CRLF. */
  say(...lines: readonly string[]): void;
  /** Writes octets as they stand. */
  write(text: string | Buffer): void;
  /** The next whole reply, its lines joined with LF. */
  reply(): Promise<string>;
  /** Says one line and gives the reply to it. */
  ask(line: string): Promise<string>;
  /** The replies to so many lines, sent in one go. */
  askAll(...lines: readonly string[]): Promise<readonly string[]>;
  /** What the server said until it closed the connection, beyond what `reply` gave. */
  rest(): Promise<string>;
  /** STARTTLS, unless it was said already, after which everything is encrypted. */
  startTls(said?: 'said'): Promise<void>;
}

/** What came from the server, in order, over one socket after the other. */
function createInbox() {
  let text = '';
  let ended = false;
  let wake: () => void = () => undefined;
  const until = async <T>(what: string, look: () => T | undefined): Promise<T> => {
    const deadline = AbortSignal.timeout(REPLY_MS);
    for (;;) {
      const seen = look();
      if (seen !== undefined) return seen;
      if (deadline.aborted) throw new Error(`no ${what}; read so far: ${JSON.stringify(text)}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
        deadline.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  };
  const takeReply = (): string | undefined => {
    const whole = /^(?:\d{3}-[^\r\n]*\r\n)*\d{3} [^\r\n]*\r\n/u.exec(text)?.[0];
    if (whole === undefined && ended) throw new Error(`the server closed the connection; left: ${JSON.stringify(text)}`);
    if (whole === undefined) return undefined;
    text = text.slice(whole.length);
    return whole.trimEnd().replaceAll('\r\n', '\n');
  };
  return {
    listen(socket: Socket): Socket {
      socket.on('data', (chunk) => {
        text += chunk.toString('utf8');
        wake();
      });
      const end = () => {
        ended = true;
        wake();
      };
      return socket.on('end', end).on('close', end).on('error', end);
    },
    reply: () => until('reply', takeReply),
    async rest(): Promise<string> {
      await until('end', () => (ended ? true : undefined));
      return text;
    },
  };
}

/** Connects, from another address of loopback if need be; `early` is written before the server can have said anything. */
export function connectTo(port: number, early?: string, localAddress = '127.0.0.1'): Client {
  const inbox = createInbox();
  const client: Client = {
    socket: inbox.listen(connect({ port, host: '127.0.0.1', localAddress, allowHalfOpen: true })),
    say: (...lines) => client.write(lines.map((line) => `${line}\r\n`).join('')),
    write: (data) => void client.socket.write(data),
    reply: inbox.reply,
    ask(line) {
      client.say(line);
      return client.reply();
    },
    async askAll(...lines) {
      client.say(...lines);
      const replies: string[] = [];
      for (const _ of lines) replies.push(await client.reply());
      return replies;
    },
    async rest() {
      const left = await inbox.rest();
      client.socket.end();
      return left;
    },
    async startTls(said) {
      const reply = said ? await client.reply() : await client.ask('STARTTLS');
      if (!reply.startsWith('220')) throw new Error(reply);
      client.socket.removeAllListeners('data').removeAllListeners('end').removeAllListeners('close');
      client.socket = inbox.listen(connectTls({ socket: client.socket, rejectUnauthorized: false }));
    },
  };
  if (early !== undefined) client.write(early);
  return client;
}
