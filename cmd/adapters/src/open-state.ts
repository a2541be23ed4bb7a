import type { Site } from '@vratny/config';
import { type State, StateFault } from '@vratny/state';
import { parseRedisUrl, type RedisLocation } from '@vratny/state/redis-url';
import { readNamedFile } from './read-named-file.ts';
import { EXIT_TEMPORARY, StartProblem } from './start-problem.ts';

/**
 * What all nodes agree on. A Redis that is away is no problem at start: mail goes on without it. @throws StartProblem
 */
export async function openState(site: Pick<Site, 'state'>, onTrouble: (detail: string) => void): Promise<State> {
  const { state } = site;
  switch (state.kind) {
    case 'memory': {
      const { createMemoryState } = await import('@vratny/state/memory');
      return createMemoryState();
    }
    case 'sqlite':
      return openSqlite(state.path);
    case 'redis': {
      const { openRedisState } = await import('@vratny/state/redis');
      const password = state.password && readNamedFile(state.password.file, 'state.password').trim();
      return openRedisState({ ...readRedisUrl(state.url), ...(password === undefined ? {} : { password }), onTrouble });
    }
    default:
      return state satisfies never;
  }
}

/** Where a Redis is. @throws StartProblem */
export function readRedisUrl(url: string): RedisLocation {
  const location = parseRedisUrl(url);
  if (typeof location === 'string') throw new StartProblem(`state: ${url}: ${location}`);
  return location;
}

async function openSqlite(path: string): Promise<State> {
  const { openSqliteState } = await import('@vratny/state/sqlite');
  try {
    return await openSqliteState({ path });
  } catch (error) {
    if (error instanceof StateFault) throw new StartProblem(error.message, EXIT_TEMPORARY, { cause: error });
    throw error;
  }
}
