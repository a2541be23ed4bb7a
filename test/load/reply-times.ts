import { connect, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

/**
 * A thread that keeps a session open and asks NOOP again and again; on any message it ends and says how long the replies took, in
 * milliseconds. A thread, so that what the measuring program does itself does not count. On a socket without the client of `test/support`, whose
 * work would be in the times.
 */
const PAUSE_MS = 5;

if (parentPort !== null) measure(parentPort, Number(workerData));

function measure(port: NonNullable<typeof parentPort>, smtpPort: number): void {
  const times: number[] = [];
  const state = { ended: false, askedAt: 0 };
  const open = (): Socket => {
    let greeted = false;
    const socket = connect({ port: smtpPort, host: '127.0.0.1', noDelay: true });
    state.askedAt = performance.now();
    const ask = () => {
      if (socket.destroyed) return;
      state.askedAt = performance.now();
      socket.write('NOOP\r\n');
    };
    socket.on('data', () => {
      // The greeting waits on purpose.
      if (greeted) times.push(performance.now() - state.askedAt);
      greeted = true;
      setTimeout(ask, PAUSE_MS);
    });
    socket.on('error', () => undefined);
    // A session may ask only so often; the next one goes on.
    socket.on('close', () => {
      if (!state.ended) current = open();
    });
    return socket;
  };
  let current = open();
  port.on('message', () => {
    state.ended = true;
    current.destroy();
    // The reply that is still out has taken at least so long.
    port.postMessage([...times, performance.now() - state.askedAt]);
    port.close();
  });
}
