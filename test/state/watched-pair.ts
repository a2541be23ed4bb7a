import { findFreePorts } from '@vratny/support/free-ports';
import { type RedisProgram, startRedis } from '@vratny/support/redis-program';
import { waitFor } from '@vratny/support/wait-for';

/** A master and its replica, watched by a sentinel that makes the replica the master when the master is silent. */
export interface WatchedPair {
  readonly master: RedisProgram;
  readonly replica: RedisProgram;
  /** As it stands in a site file. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts them, and waits until all three know of each other. */
export async function startWatchedPair(): Promise<WatchedPair> {
  const programs: RedisProgram[] = [];
  const start = async (...args: Parameters<typeof startRedis>): Promise<RedisProgram> => {
    const program = await startRedis(...args);
    programs.push(program);
    return program;
  };
  const stop = async () => void (await Promise.all(programs.map((program) => program.stop())));
  try {
    const [masterPort = 0, replicaPort = 0, sentinelPort = 0] = await findFreePorts(3);
    const master = await start(masterPort);
    const replica = await start(replicaPort, [`replicaof 127.0.0.1 ${masterPort}`]);
    const sentinel = await start(sentinelPort, sentinelLines(masterPort), 'sentinel');
    await waitFor('the replica to follow', async () =>
      (await replica.ask('info', 'replication')).includes('master_link_status:up') ? true : undefined,
    );
    await waitFor('the sentinel to know both', async () =>
      (await sentinel.ask('sentinel', 'replicas', 'mail')).includes(String(replicaPort)) ? true : undefined,
    );
    return { master, replica, url: `redis+sentinel://127.0.0.1:${sentinelPort}/mail`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function sentinelLines(masterPort: number): readonly string[] {
  return [
    `sentinel monitor mail 127.0.0.1 ${masterPort} 1`,
    'sentinel down-after-milliseconds mail 500',
    'sentinel failover-timeout mail 2000',
  ];
}
