import { connect } from 'node:net';
import { waitFor } from '@vratny/support/wait-for';
import { START_MS } from './server.ts';

/** Waits until a server of this machine greets on a port. */
export async function canConnect(port: number, explain: () => string = () => ''): Promise<void> {
  await waitFor(`a server on port ${port}`, () => greets(port), { deadlineMs: START_MS, explain });
}

function greets(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (result: true | undefined) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(5_000, () => end(undefined));
    socket.once('error', () => end(undefined)).once('close', () => end(undefined));
    socket.once('data', () => end(true));
  });
}
