const CRLF = '\r\n';
const END = '\r\n.\r\n';
const HELLO = ['250-store', '250-PIPELINING', '250-8BITMIME', '250-SIZE', '250 ENHANCEDSTATUSCODES', ''].join(CRLF);
/** More than any message of these tests. */
const UNREAD_MAX = 64 * 1024 * 1024;

/** What an LMTP server says first (RFC 2033). */
export const GREETING = `220 store LMTP${CRLF}`;

/** One thing that a client said: a command, with its answer, or a message, which the store has to answer for each recipient. */
export type Said =
  | { readonly kind: 'command'; readonly answer: string }
  /** Octets as they were before dots were doubled. */
  | { readonly kind: 'message'; readonly bytes: Buffer; readonly recipients: readonly string[] };

/** Reads one connection, as latin1. */
export interface LmtpWire {
  /** What is whole by now. Throws when a client says too much without end. */
  read(piece: string): Generator<Said>;
}

/** The server's side of LMTP, as far as the stores of these tests need it: every command is fine. */
export function createLmtpWire(): LmtpWire {
  let unread = '';
  let recipients: string[] = [];
  let inData = false;

  function answer(command: string): string {
    const verb = command.slice(0, 4).toUpperCase();
    if (verb === 'MAIL' || verb === 'RSET') recipients = [];
    if (verb === 'RCPT') recipients.push(/<(.*?)>/u.exec(command)?.[1] ?? '');
    if (verb === 'LHLO') return HELLO;
    if (verb === 'QUIT') return `221 2.0.0 bye${CRLF}`;
    if (verb !== 'DATA') return `250 2.0.0 fine${CRLF}`;
    if (recipients.length === 0) return `503 5.5.1 no recipients${CRLF}`;
    inData = true;
    // So that the end is found in one way, whether the message is empty or not.
    unread = CRLF + unread;
    return `354 go on${CRLF}`;
  }

  function take(text: string): Said {
    inData = false;
    const said = { kind: 'message', bytes: Buffer.from(text.replaceAll(/^\.\./gmu, '.'), 'latin1'), recipients } as const;
    recipients = [];
    return said;
  }

  return {
    *read(piece) {
      unread += piece;
      if (unread.length > UNREAD_MAX) throw new Error('a client of the store says too much');
      for (let end = unread.indexOf(inData ? END : CRLF); end !== -1; end = unread.indexOf(inData ? END : CRLF)) {
        const text = inData ? unread.slice(CRLF.length, end + CRLF.length) : unread.slice(0, end);
        unread = unread.slice(end + (inData ? END : CRLF).length);
        yield inData ? take(text) : { kind: 'command', answer: answer(text) };
      }
    },
  };
}
