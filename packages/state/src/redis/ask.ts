import { StateFault } from '../port.ts';
import type { RedisClient } from './connect.ts';
import { createGather } from './gather.ts';
import type { Script } from './scripts.ts';

/** Runs a script on the node that has its keys, within the deadline. */
export type Ask = (script: Script, keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown>;

/** Makes one. The client's own timeouts begin when a command is written; this one also bounds a cluster's redirections. */
export function createAsk(client: RedisClient, deadlineMs: number): Ask {
  const gather = createGather(client);
  return (script, keys, args) => {
    gather();
    return withDeadline(run(client, script, keys, args), deadlineMs);
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
export async function withDeadline<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new StateFault(`no answer within ${deadlineMs} ms`)), deadlineMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
