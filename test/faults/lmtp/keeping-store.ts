import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { StoredCopy } from '../ledger/compare.ts';
import { createLmtpWire, GREETING, type Said } from './lmtp-wire.ts';

/** An LMTP server that keeps what it takes, and takes everything; it stores before it answers, whether anybody reads the answer or not. */
export interface KeepingStore extends AsyncDisposable {
  readonly port: number;
  /** What lies in its mailboxes, as it came but for the doubled dots. */
  copies(): readonly StoredCopy[];
}

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
  const wire = createLmtpWire();

  function answer(said: Said): string {
    if (said.kind === 'command') return said.answer;
    const answers = said.recipients.map((mailbox) => {
      copies.push({ mailbox, bytes: said.bytes, where: `LMTP copy ${copies.length + 1}` });
      return `250 2.0.0 <${mailbox}> saved\r\n`;
    });
    return answers.join('');
  }
  socket.write(GREETING);
  socket.setEncoding('latin1').on('data', (piece: string) => {
    // Answers to what came at once go out at once, so that mx reads as often in each delivery.
    const answers = [...wire.read(piece)].map(answer).join('');
    if (answers !== '') socket.write(answers);
  });
}
