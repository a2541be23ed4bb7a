import { connect, type Socket } from 'node:net';

/**
 * A process of its own that opens connections and holds them: `node tarpit-clients.ts PORT FROM COUNT`. It says EHLO on each, prints `held`
 * once all were greeted and answered, and ends when its standard input does. FROM is the address in 127.0.0.0/8 that it calls from. On sockets
 * without the client of `test/support`: a process holds thousands.
 */
const [port = 0, from = 1, count = 0] = process.argv.slice(2).map(Number);

/** So many are on their way at once: more would overrun the server's backlog. */
const AT_ONCE = 200;

const held: Socket[] = [];

function open(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.${from >> 8}.${from & 255}` });
    let lines = 0;
    socket.on('error', reject).on('data', (chunk: Buffer) => {
      lines += chunk.toString('latin1').split('\n').length - 1;
      if (lines === 1) socket.write('EHLO client.test\r\n');
      else resolve();
    });
    held.push(socket);
  });
}

let started = 0;
async function work(): Promise<void> {
  while (started < count) {
    started += 1;
    await open();
  }
}

process.stdin.on('end', () => process.exit(0)).resume();
await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, work));
process.stdout.write('held\n');
