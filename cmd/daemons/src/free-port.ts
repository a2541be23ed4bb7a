import { createServer } from 'node:net';

/**
 * A port of 127.0.0.1 that was free a moment ago, for a daemon that cannot choose one itself: the wanted one if it is free, else another.
 * Rejects with the system's error when no port can be had.
 */
export async function findFreePort(wanted = 0): Promise<number> {
  if (wanted === 0) return listenOnce(0);
  return listenOnce(wanted).catch(() => listenOnce(0));
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port);
        else reject(new Error('a TCP server without a port'));
      });
    });
  });
}
