import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** Starts a clamd that reads what it is given (INSTREAM, clamd(8)) and finds nothing at once, and returns its `tcp://` address. */
export async function startNoScan(stack: AsyncDisposableStack): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
  return `tcp://127.0.0.1:${address.port}`;
}

/** `zINSTREAM\0`, chunks with their length before them, and a chunk of no octets at the end. Other commands are answered as clamd does. */
function serve(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0);
  let inStream = false;
  socket.on('data', (piece) => {
    rest = Buffer.concat([rest, Buffer.from(piece)]);
    for (;;) {
      if (!inStream) {
        const end = rest.indexOf(0);
        if (end === -1) return;
        const command = rest.toString('latin1', 1, end);
        rest = rest.subarray(end + 1);
        inStream = command === 'INSTREAM';
        if (!inStream) socket.write(command === 'PING' ? 'PONG\0' : 'ClamAV 1.4.0/1/Fri Nov 27 00:00:00 2026\0');
        continue;
      }
      if (rest.length < 4) return;
      const length = rest.readUInt32BE(0);
      if (rest.length < 4 + length) return;
      rest = rest.subarray(4 + length);
      if (length > 0) continue;
      socket.end('stream: OK\0');
      return;
    }
  });
}
