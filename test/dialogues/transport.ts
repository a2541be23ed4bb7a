/** One SMTP connection, as a client sees it. Waiting has a deadline of its own. */
export interface Connection {
  write(bytes: Uint8Array): void;
  /** The next line without CRLF; undefined when the server has closed. Rejects when nothing comes in time. */
  readLine(): Promise<string | undefined>;
  startTls(): Promise<void>;
  /** Closes our side at once. */
  close(): void;
}

/** How a dialogue reaches a server: in this process or over a socket of the real program. */
export interface Transport {
  /** Opens a connection; `early` is written before the server can have said anything. */
  connect(early: Uint8Array): Promise<Connection>;
  /** The messages in a mailbox, oldest first, as the store keeps them. */
  stored(mailbox: string): Promise<readonly string[]>;
}

/** A transport with the server behind it. */
export interface Served extends Transport {
  /** Stops the server and takes away what it left. */
  close(): Promise<void>;
}
