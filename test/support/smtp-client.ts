import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** One SMTP connection, as a client sees it. Waiting has a deadline of its own. */
export interface Connection {
  write(bytes: Uint8Array): void;
  /** The next line without CRLF; undefined when the server has closed. Rejects when nothing comes in time. */
  readLine(): Promise<string | undefined>;
  startTls(): Promise<void>;
  /** Closes our side at once. */
  close(): void;
}

/** No reply of a dialogue may take longer. */
const READ_TIMEOUT_MS = 15_000;
/** A reply line has 512 octets; this is what a broken server may fill. */
const UNREAD_MAX_BYTES = 1024 * 1024;

/** Connects to a port of this machine. `early` has gone out when this resolves, before the server is heard. */
export async function connectTo(
  port: number,
  early: Uint8Array = new Uint8Array(),
  at: { readonly host?: string; readonly localAddress?: string } = {},
): Promise<Connection> {
  const plain = connect({ port, host: '127.0.0.1', noDelay: true, ...at });
  let lines = readLines(plain);
  let current: Socket = plain;
  if (early.length > 0) await withDeadline(new Promise<void>((resolve) => void plain.write(early, () => resolve())), 'a connection');
  return {
    write: (bytes) => {
      current.write(bytes);
    },
    readLine: () => lines.next(),
    startTls: async () => {
      lines.stop();
      // The certificate of the tests is self-signed; what is shown here is the protocol.
      const secure = connectTls({ socket: plain, rejectUnauthorized: false });
      current = secure;
      lines = readLines(secure);
      await withDeadline(once(secure, 'secureConnect'), 'TLS');
    },
    close: () => {
      current.destroy();
      plain.destroy();
    },
  };
}

interface Lines {
  next(): Promise<string | undefined>;
  stop(): void;
}

function readLines(socket: Socket): Lines {
  let unread = '';
  let ended = false;
  let wake = () => {};
  const take = (chunk: Buffer) => {
    unread += chunk.toString('latin1');
    if (unread.length > UNREAD_MAX_BYTES) socket.destroy();
    wake();
  };
  const end = () => {
    ended = true;
    wake();
  };
  // A reset after the last reply is an end like any other; what was received before it has been read.
  socket.on('data', take).on('end', end).on('close', end).on('error', end);
  return {
    next: async () => {
      const deadline = Date.now() + READ_TIMEOUT_MS;
      while (!unread.includes('\r\n')) {
        if (ended) return unread === '' ? undefined : unread;
        await withDeadline(new Promise<void>((resolve) => (wake = resolve)), 'a line', deadline - Date.now());
      }
      const at = unread.indexOf('\r\n');
      const line = Buffer.from(unread.slice(0, at), 'latin1').toString('utf8');
      unread = unread.slice(at + 2);
      return line;
    },
    stop: () => socket.off('data', take),
  };
}

function once(socket: Socket, event: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.once('error', reject);
  });
}

function withDeadline<T>(work: Promise<T>, what: string, ms = READ_TIMEOUT_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come within ${READ_TIMEOUT_MS / 1000} s`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Says something and gives the last line of the reply. */
export function ask(connection: Connection, text: string): Promise<string> {
  connection.write(Buffer.from(`${text}\r\n`));
  return readReply(connection);
}

/** The last line of the next reply. */
export async function readReply(connection: Connection): Promise<string> {
  while (true) {
    const line = await connection.readLine();
    if (line === undefined) throw new Error('the server has closed the connection');
    if (line[3] !== '-') return line;
  }
}
