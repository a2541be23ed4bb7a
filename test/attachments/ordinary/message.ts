/** A harmless message. */
export interface OrdinaryMessage {
  /** Which program made it, and what it is. */
  readonly what: string;
  readonly message: Buffer;
}

/** Line ends as they are sent. */
export function withCrlf(text: Buffer | string): Buffer {
  const latin1 = typeof text === 'string' ? text : text.toString('latin1');
  return Buffer.from(latin1.replace(/\r?\n/gu, '\r\n'), 'latin1');
}
