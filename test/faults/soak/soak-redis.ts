import { setTimeout as pause } from 'node:timers/promises';
import { findFreePorts } from '@vratny/support/free-ports';
import { type RedisProgram, startRedis } from '@vratny/support/redis-program';
import type { Absence } from '../store/explain-copies.ts';

/** The shared state of a soak. It writes nothing to disk: killed, it has forgotten everything. */
export interface SoakRedis {
  readonly url: string;
  readonly absences: readonly Absence[];
  kill(awayMs: number): Promise<void>;
  freeze(awayMs: number): Promise<void>;
  /** See `expireLeases`: to be called only while no attempt is running anywhere. */
  expireLeases(now: Date): Promise<void>;
  stop(): Promise<void>;
}

/** ARGV now: ends what is held at that time. */
const EXPIRE = `
for _, key in ipairs(redis.call('KEYS', 'vratny:lease:*')) do
  if tonumber(redis.call('HGET', key, 'ends')) > tonumber(ARGV[1]) - 1 then redis.call('HSET', key, 'ends', tonumber(ARGV[1]) - 1) end
end
return 1`;

/** Starts one on a free port. */
export async function startSoakRedis(): Promise<SoakRedis> {
  const [port = 0] = await findFreePorts(1);
  const absences: Absence[] = [];
  let redis: RedisProgram = await startRedis(port);
  return {
    url: `redis://127.0.0.1:${port}`,
    absences,
    async kill(awayMs) {
      const from = Date.now();
      await redis.stop();
      await pause(awayMs);
      redis = await startRedis(port);
      absences.push({ from, to: Date.now(), forgot: true });
    },
    async freeze(awayMs) {
      const from = Date.now();
      redis.program.signal('SIGSTOP');
      await pause(awayMs);
      redis.program.signal('SIGCONT');
      await redis.ask('ping');
      absences.push({ from, to: Date.now(), forgot: false });
    },
    expireLeases: async (now) => void (await redis.ask('eval', EXPIRE, '0', String(now.getTime()))),
    stop: () => redis.stop(),
  };
}
