import type { SmtpClient } from '../smtp-client.ts';

/** What a dialogue needs of a client. */
export type DialogueClient = Pick<SmtpClient, 'write' | 'readLine' | 'secure' | 'close'>;

/** How a dialogue reaches a server: in this process or over a socket of the real program. */
export interface Transport {
  /** Opens a connection; `early` is written before the server can have said anything. */
  connect(early: Uint8Array): Promise<DialogueClient>;
  /** The messages in a mailbox, oldest first, as the store keeps them. */
  stored(mailbox: string): Promise<readonly string[]>;
}

/** A transport with the server behind it. */
export interface Served extends Transport {
  /** Stops the server and takes away what it left. */
  close(): Promise<void>;
}
