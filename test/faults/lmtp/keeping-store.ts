import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { StoredCopy } from '../ledger/compare.ts';

/** An LMTP server that keeps what it takes, and takes everything; it stores before it answers, whether anybody reads the answer or not. */
export interface KeepingStore extends AsyncDisposable {
  readonly port: number;
  /** What lies in its mailboxes, as it came but for the doubled dots. */
  copies(): readonly StoredCopy[];
}

const END = '\r\n.\r\n';
const CRLF = '\r\n';
/** More than any message of these tests. */
const UNREAD_MAX = 64 * 1024 * 1024;
const HELLO = ['250-store', '250-PIPELINING', '250-8BITMIME', '250 ENHANCEDSTATUSCODES', ''].join(CRLF);

/** Starts one on a free port of this machine. */
export async function startKeepingStore(): Promise<KeepingStore> {
  const copies: StoredCopy[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    serve(socket, copies);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    copies: () => copies,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function serve(socket: Socket, copies: StoredCopy[]): void {
  let unread = '';
  let recipients: string[] = [];
  let inData = false;

  function store(text: string): string {
    inData = false;
    const bytes = Buffer.from(text.slice(CRLF.length).replaceAll(/^\.\./gmu, '.'), 'latin1');
    const answers = recipients.map((mailbox) => {
      copies.push({ mailbox, bytes, where: `LMTP copy ${copies.length + 1}` });
      return `250 2.0.0 <${mailbox}> saved${CRLF}`;
    });
    recipients = [];
    return answers.join('');
  }
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
  socket.write(`220 store LMTP${CRLF}`);
  socket.setEncoding('latin1').on('data', (text: string) => {
    unread += text;
    if (unread.length > UNREAD_MAX) return void socket.destroy();
    // Answers to what came at once go out at once, so that mx reads as often in each delivery.
    let answers = '';
    for (let end = unread.indexOf(inData ? END : CRLF); end !== -1; end = unread.indexOf(inData ? END : CRLF)) {
      const piece = unread.slice(0, inData ? end + CRLF.length : end);
      unread = unread.slice(end + (inData ? END : CRLF).length);
      answers += inData ? store(piece) : answer(piece);
    }
    if (answers !== '') socket.write(answers);
  });
}
