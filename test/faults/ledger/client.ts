import { connect, type Socket } from 'node:net';
import { CONNECT_MS, REPLY_MS, UNREAD_MAX_BYTES } from '../limits.ts';

/** A reply of the server: its code and its last line. */
export interface ClientReply {
  readonly code: number;
  readonly text: string;
}

/** The server has gone, or answers no more, before it gave a reply. */
export class NoReply extends Error {
  override readonly name = 'NoReply';
}

/** One SMTP connection of a client that writes everything down. */
export interface Client {
  /** For those who want to vanish in their own way. */
  readonly socket: Socket;
  /** @throws NoReply */
  readReply(): Promise<ClientReply>;
  /** Says one command and reads its reply. @throws NoReply */
  say(command: string): Promise<ClientReply>;
  write(bytes: Uint8Array): void;
  /** Closes at once. */
  close(): void;
}

/** Connects to a port of this machine; the greeting is still to be read. @throws NoReply */
export async function openClient(port: number): Promise<Client> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await connected(socket);
  return clientOn(socket);
}

/** A client on a socket that is connected, or on TLS over one. */
export function clientOn(socket: Socket): Client {
  let unread = '';
  let gone: string | undefined;
  let wake = () => {};
  const end = (why: string) => {
    gone ??= why;
    wake();
  };
  socket.on('data', (chunk: Buffer) => {
    unread += chunk.toString('latin1');
    if (unread.length > UNREAD_MAX_BYTES) socket.destroy(new Error('more than any reply'));
    wake();
  });
  socket
    .on('error', (error) => end(error.message))
    .on('end', () => end('closed by the server'))
    .on('close', () => end('closed'));

  async function readReply(): Promise<ClientReply> {
    const deadline = performance.now() + REPLY_MS;
    while (true) {
      const last = /^(?:\d{3}-.*\r\n)*(\d{3})(?: (.*))?\r\n/u.exec(unread);
      if (last) {
        unread = unread.slice(last[0].length);
        return { code: Number(last[1]), text: `${last[1]} ${last[2] ?? ''}` };
      }
      if (gone !== undefined) throw new NoReply(gone);
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw new NoReply(`no reply within ${REPLY_MS / 1000} s`);
      await woken((resolve) => (wake = resolve), leftMs);
    }
  }
  const write = (bytes: Uint8Array) => void socket.write(bytes);
  return {
    socket,
    readReply,
    write,
    say: (command) => {
      write(Buffer.from(`${command}\r\n`, 'latin1'));
      return readReply();
    },
    close: () => socket.destroy(),
  };
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      socket.destroy();
      reject(new NoReply(why));
    };
    const timer = setTimeout(() => fail(`no connection within ${CONNECT_MS / 1000} s`), CONNECT_MS);
    socket.once('connect', resolve).once('error', (error) => fail(error.message));
    socket.once('connect', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
  });
}

function woken(listen: (wake: () => void) => void, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  return new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
    listen(resolve);
  }).finally(() => clearTimeout(timer));
}
