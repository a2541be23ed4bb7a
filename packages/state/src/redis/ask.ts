import { withDeadline } from '@vratny/waiting';
import { Redis } from 'ioredis';
import { StateFault } from '../port.ts';
import type { RedisClient } from './connect.ts';
import type { Script } from './scripts.ts';

/** Runs a script on the node that has its keys, within the deadline. */
export type Ask = (script: Script, keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown>;

/** Makes one. The client's own timeouts begin when a command is written; this one also bounds a cluster's redirections. */
export function createAsk(client: RedisClient, deadlineMs: number): Ask {
  const gather = createGather(client);
  return (script, keys, args) => {
    gather();
    return inTime(run(client, script, keys, args), deadlineMs);
  };
}

/** Redis forgets scripts when it restarts; the one call that finds that out sends the text. */
async function run(client: RedisClient, script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
  try {
    return await client.evalsha(script.sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return await client.eval(script.lua, keys.length, ...keys, ...args);
  }
}

/** Rejects when work takes longer. What it comes to afterwards is nobody's business. */
export function inTime<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  return withDeadline(work, deadlineMs, () => {
    throw new StateFault(`no answer within ${deadlineMs} ms`);
  });
}

/**
 * Makes what is sent in one turn of the event loop leave in one write for each connection: operations begun together cost one round trip, and no
 * reply to the first can come before the second has been sent. Call it before each command.
 *
 * ioredis' auto-pipelining does this too, but it sends nothing more to a server until the last bundle is answered, so every message would wait for
 * somebody else's answer; and in a cluster a bundle of which one command was answered is not sent again to the right node (MOVED).
 */
function createGather(client: RedisClient): () => void {
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
