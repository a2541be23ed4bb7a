import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port of an address that nobody uses, neither for UDP nor for TCP. */
export async function findPort(address = '127.0.0.1'): Promise<number> {
  const tcp = createServer();
  tcp.listen(0, address);
  await once(tcp, 'listening');
  const at = tcp.address();
  const port = typeof at === 'object' && at !== null ? at.port : 0;
  const free = await isFree(address, port);
  await new Promise((resolve) => tcp.close(resolve));
  return free ? port : await findPort(address);
}

/** An address of the loopback network whose port 53 is free: resolv.conf knows no other port. Needs root. */
export async function findResolverAddress(): Promise<string> {
  for (let last = 1; last < 255; last += 1) {
    const address = `127.53.0.${last}`;
    if (await isFree(address, 53)) return address;
  }
  throw new Error('port 53 is taken on all of 127.53.0.0/24');
}

function isFree(address: string, port: number): Promise<boolean> {
  const udp = createSocket('udp4');
  return new Promise((resolve) => {
    udp.once('error', () => resolve(false));
    udp.bind(port, address, () => udp.close(() => resolve(true)));
  });
}
