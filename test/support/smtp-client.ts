import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** The server has gone, or says nothing more, before it gave a reply. */
export class NoReply extends Error {
  override readonly name = 'NoReply';
}

/** One SMTP connection, as a client sees it: the test decides about every octet. Each wait has a deadline. */
export interface SmtpClient {
  /** What it speaks on now: the TCP connection, or TLS over it. */
  readonly socket: Socket;
  write(octets: string | Uint8Array): void;
  /** Writes lines, each ended with CRLF, in one piece. */
  say(...lines: readonly string[]): void;
  /** The next line without CRLF; undefined when the server has closed the connection. @throws NoReply when nothing comes in time */
  readLine(): Promise<string | undefined>;
  /** The next whole reply, its lines joined with LF. @throws NoReply */
  reply(): Promise<string>;
  /** Says one line and gives the reply to it. @throws NoReply */
  ask(line: string): Promise<string>;
  /** The replies to so many lines, which are sent in one piece. @throws NoReply */
  askAll(...lines: readonly string[]): Promise<readonly string[]>;
  /** What the server said and nobody has read. */
  unread(): string;
  /** Why the connection could not be made, or broke; undefined when neither happened. */
  failure(): string | undefined;
  /** What the server said until it closed the connection, beyond what was read before. @throws NoReply */
  rest(): Promise<string>;
  /** STARTTLS, its reply and the handshake; `said`: the command has been sent, and its reply was not read. */
  startTls(said?: 'said'): Promise<void>;
  /** The handshake alone: the reply to STARTTLS has been read. */
  secure(): Promise<void>;
  /** Closes at once. */
  close(): void;
}

/** How a client differs from the usual one. */
export interface ClientOptions {
  /** Written before the server can have said anything. */
  readonly early?: string | Uint8Array | undefined;
  /** 127.0.0.1 unless given. */
  readonly host?: string | undefined;
  /** The address that it calls from. */
  readonly localAddress?: string | undefined;
  /** Stays open for writing when the server has closed its side. */
  readonly halfOpen?: boolean;
  /** Milliseconds that each line or reply may take; 15 s unless given. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 15_000;
/** More than the replies to all that a test says at once. */
const UNREAD_MAX_BYTES = 16 * 1024 * 1024;

/** Connects to a port of this machine; what it is told meanwhile goes out once it is connected. */
export function connectTo(port: number, options: ClientOptions = {}): SmtpClient {
  const { early, host = '127.0.0.1', localAddress, halfOpen = false, patienceMs } = options;
  const from = localAddress === undefined ? {} : { localAddress };
  const client = clientOn(connect({ port, host, noDelay: true, allowHalfOpen: halfOpen, ...from }), patienceMs);
  if (early !== undefined && early.length > 0) client.write(early);
  return client;
}

/** The same, once it is connected, and what was to be said early is with the kernel. @throws NoReply */
export async function openClient(port: number, options: ClientOptions = {}): Promise<SmtpClient> {
  const client = connectTo(port, options);
  const signal = AbortSignal.timeout(options.patienceMs ?? PATIENCE_MS);
  try {
    if (client.socket.connecting) await once(client.socket, 'connect', { signal });
    if (client.socket.writableLength > 0) await once(client.socket, 'drain', { signal });
  } catch (error) {
    client.close();
    throw new NoReply(error instanceof Error ? error.message : String(error));
  }
  return client;
}

/** A client on a socket that is connected, or on TLS over one. */
export function clientOn(socket: Socket, patienceMs: number = PATIENCE_MS): SmtpClient {
  const inbox = createInbox(patienceMs);
  let current = socket;
  inbox.listen(socket);
  const client: SmtpClient = {
    get socket() {
      return current;
    },
    write: (octets) => void current.write(octets),
    say: (...lines) => client.write(lines.map((line) => `${line}\r\n`).join('')),
    readLine: inbox.readLine,
    reply: inbox.reply,
    unread: inbox.unread,
    failure: inbox.failure,
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
      current.end();
      return left;
    },
    async startTls(said) {
      const reply = said ? await client.reply() : await client.ask('STARTTLS');
      if (!reply.startsWith('220')) throw new Error(reply);
      await client.secure();
    },
    async secure() {
      current.removeAllListeners('data').removeAllListeners('end').removeAllListeners('close');
      // The certificates of the tests are self-signed.
      const secure = connectTls({ socket: current, rejectUnauthorized: false });
      current = secure;
      inbox.listen(secure);
      await once(secure, 'secureConnect', { signal: AbortSignal.timeout(patienceMs) });
    },
    close: () => {
      current.destroy();
      socket.destroy();
    },
  };
  return client;
}

interface Inbox extends Pick<SmtpClient, 'readLine' | 'reply' | 'rest' | 'unread' | 'failure'> {
  listen(socket: Socket): void;
}

/** What came from the server, in order, over one socket after the other. As latin1, so that no octet is lost. */
function createInbox(patienceMs: number): Inbox {
  let unread = '';
  let gone: string | undefined;
  let failure: string | undefined;
  let wake: () => void = () => undefined;

  async function until<T>(what: string, look: () => { readonly seen: T } | undefined): Promise<T> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const found = look();
      if (found !== undefined) return found.seen;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw new NoReply(`no ${what} within ${patienceMs / 1000} s; unread: ${JSON.stringify(unread)}`);
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
        timer = setTimeout(resolve, leftMs);
      });
      clearTimeout(timer);
    }
  }
  function take(length: number): string {
    const text = Buffer.from(unread.slice(0, length), 'latin1').toString('utf8');
    unread = unread.slice(length);
    return text;
  }
  function takeLine(): { readonly seen: string | undefined } | undefined {
    const at = unread.indexOf('\r\n');
    if (at >= 0) return { seen: take(at + 2).slice(0, -2) };
    if (gone === undefined) return undefined;
    return { seen: unread === '' ? undefined : take(unread.length) };
  }
  function takeReply(): { readonly seen: string } | undefined {
    const whole = /^(?:\d{3}-[^\r\n]*\r\n)*\d{3}(?: [^\r\n]*)?\r\n/u.exec(unread)?.[0];
    if (whole !== undefined) return { seen: take(whole.length).trimEnd().replaceAll('\r\n', '\n') };
    if (gone !== undefined) throw new NoReply(`the server closed the connection (${gone}); unread: ${JSON.stringify(unread)}`);
    return undefined;
  }
  const end = (why: string) => {
    gone ??= why;
    wake();
  };
  return {
    listen(socket) {
      socket.on('data', (chunk: Buffer) => {
        unread += chunk.toString('latin1');
        if (unread.length > UNREAD_MAX_BYTES) socket.destroy();
        wake();
      });
      // A reset after the last reply is an end like any other; what was received before it is still read.
      socket
        .on('error', (error) => {
          failure = error.message;
          end(failure);
        })
        .on('end', () => end('end of the stream'))
        .on('close', () => end('closed'));
    },
    unread: () => unread,
    failure: () => failure,
    readLine: () => until('line', takeLine),
    reply: () => until('reply', takeReply),
    rest: () => until('end', () => (gone === undefined ? undefined : { seen: take(unread.length) })),
  };
}

/** The last line of the next reply. @throws NoReply */
export async function readReply(client: SmtpClient): Promise<string> {
  return (await client.reply()).split('\n').at(-1) ?? '';
}

/** Says something and gives the last line of the reply. @throws NoReply */
export function ask(client: SmtpClient, text: string): Promise<string> {
  client.say(text);
  return readReply(client);
}
