import { createServer } from 'node:net';

/**
 * A scanner that finds nothing, for what is not about scanning: the end of a stream is four zero octets (clamd,
 * INSTREAM).
 */
export async function startCleanClamd(): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((socket) => {
    let tail = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      tail = Buffer.concat([tail, chunk]).subarray(-4);
      if (tail.equals(Buffer.alloc(4))) socket.end('stream: OK\0');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { url: `tcp://127.0.0.1:${port}`, close: () => void server.close() };
}
