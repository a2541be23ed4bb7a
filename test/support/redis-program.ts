import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type RunningProgram, startProgram } from '@vratny/daemons';
import { makeTemporaryFolder } from './temporary-folder.ts';
import { waitFor } from './wait-for.ts';

const run = promisify(execFile);

/** A real redis-server or sentinel in a folder of its own, ended by its process id. */
export interface RedisProgram {
  readonly port: number;
  readonly program: RunningProgram;
  /** Runs one command; resolves with what redis-cli printed. */
  ask(...command: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

/** Starts one on a port and waits until it answers. `lines` are added to its configuration. */
export async function startRedis(
  port: number,
  lines: readonly string[] = [],
  mode: 'server' | 'sentinel' = 'server',
): Promise<RedisProgram> {
  const folder = makeTemporaryFolder('redis');
  const file = join(folder.path, 'redis.conf');
  const disk = mode === 'server' ? ['save ""', 'appendonly no'] : [];
  writeFileSync(file, [`port ${port}`, 'bind 127.0.0.1', `dir ${folder.path}`, 'daemonize no', ...disk, ...lines, ''].join('\n'));
  const program = startProgram('redis-server', mode === 'server' ? [file] : [file, '--sentinel']);
  const ask = async (...command: readonly string[]) => {
    const { stdout } = await run('redis-cli', ['-h', '127.0.0.1', '-p', String(port), ...command], { timeout: 5_000 });
    return stdout.trim();
  };
  const stop = async () => {
    // A frozen process does not hear SIGTERM.
    program.signal('SIGCONT');
    program.signal('SIGKILL');
    await program.ended;
    folder.remove();
  };
  try {
    const answers = () =>
      ask('ping').then(
        (reply) => (reply === 'PONG' ? true : undefined),
        () => undefined,
      );
    await waitFor(`redis-server on port ${port}`, answers, { explain: program.stdout });
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, program, ask, stop };
}

const SLOTS = 16_384;

/** Starts a cluster of masters that share the slots. */
export async function startRedisCluster(ports: readonly number[], busPorts: readonly number[]): Promise<readonly RedisProgram[]> {
  const nodes: RedisProgram[] = [];
  try {
    for (const [i, port] of ports.entries()) {
      nodes.push(await startRedis(port, ['cluster-enabled yes', `cluster-port ${busPorts[i]}`, 'cluster-node-timeout 2000']));
    }
    for (const [i, node] of nodes.entries()) {
      const from = Math.floor((i * SLOTS) / nodes.length);
      await node.ask('cluster', 'addslotsrange', String(from), String(Math.floor(((i + 1) * SLOTS) / nodes.length) - 1));
      await nodes[0]?.ask('cluster', 'meet', '127.0.0.1', String(port(ports, i)), String(port(busPorts, i)));
    }
    const wholeOf = async (node: RedisProgram) => {
      const info = await node.ask('cluster', 'info');
      return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes.length}`) ? true : undefined;
    };
    for (const node of nodes) await waitFor('the cluster', () => wholeOf(node));
    return nodes;
  } catch (error) {
    await Promise.all(nodes.map((node) => node.stop()));
    throw error;
  }
}

function port(ports: readonly number[], i: number): number {
  const found = ports[i];
  if (found === undefined) throw new Error('too few ports');
  return found;
}
