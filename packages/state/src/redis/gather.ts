import { Redis } from 'ioredis';
import type { RedisClient } from './connect.ts';

/**
 * Makes what is sent in one turn of the event loop leave in one write for each connection: operations begun together cost one round trip, and no
 * reply to the first can come before the second has been sent. Call it before each command.
 *
 * ioredis' auto-pipelining does this too, but it sends nothing more to a server until the last bundle is answered, so every message would wait for
 * somebody else's answer; and in a cluster a bundle of which one command was answered is not sent again to the right node (MOVED).
 */
export function createGather(client: RedisClient): () => void {
  let gathering = false;
  return () => {
    if (gathering) return;
    gathering = true;
    const sockets = socketsOf(client);
    for (const socket of sockets) socket.cork();
    setImmediate(() => {
      gathering = false;
      for (const socket of sockets) socket.uncork();
    });
  };
}

function socketsOf(client: RedisClient): readonly Redis['stream'][] {
  const connections = client instanceof Redis ? [client] : client.nodes('master');
  // One that has not connected yet has no socket, whatever its type says; it has nothing to send either.
  return connections.filter(({ status }) => status === 'ready').map(({ stream }) => stream);
}
