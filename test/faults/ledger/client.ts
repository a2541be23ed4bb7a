import type { Socket } from 'node:net';
import { NoReply, openClient as openSmtpClient, type SmtpClient, clientOn as smtpClientOn } from '@vratny/support/smtp-client';
import { REPLY_MS } from '../limits.ts';

export { NoReply };

/** A reply of the server: its code and its last line. */
export interface ClientReply {
  readonly code: number;
  readonly text: string;
}

/** An SMTP client that waits as long as mx may think, and reads replies by their code. */
export interface Client extends Pick<SmtpClient, 'socket' | 'write' | 'close'> {
  /** @throws NoReply */
  readReply(): Promise<ClientReply>;
  /** Says one command and reads its reply. @throws NoReply */
  say(command: string): Promise<ClientReply>;
}

/** Connects to a port of this machine; the greeting is still to be read. @throws NoReply */
export async function openClient(port: number): Promise<Client> {
  return byCode(await openSmtpClient(port, { patienceMs: REPLY_MS }));
}

/** A client on a socket that is connected, or on TLS over one. */
export function clientOn(socket: Socket): Client {
  return byCode(smtpClientOn(socket, REPLY_MS));
}

function byCode(client: SmtpClient): Client {
  return {
    get socket() {
      return client.socket;
    },
    write: client.write,
    close: client.close,
    readReply: async () => read(await client.reply()),
    say: async (command) => read(await client.ask(command)),
  };
}

function read(reply: string): ClientReply {
  const text = reply.split('\n').at(-1) ?? '';
  return { code: Number(text.slice(0, 3)), text };
}
