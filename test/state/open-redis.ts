import type { State } from '@vratny/state';
import { openRedisState, parseRedisUrl, type RedisStateOptions } from '@vratny/state/redis';

/** Opens the state at a URL, as a program would. */
export async function openAt(url: string, options: Partial<RedisStateOptions> = {}): Promise<State> {
  const location = parseRedisUrl(url);
  if (typeof location === 'string') throw new Error(`the test's own URL ${url} ${location}`);
  return await openRedisState({ ...location, ...options });
}
