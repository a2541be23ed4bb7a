import { type RunningMx, startMx } from '@vratny/support/mx';
import { isAlive, workersOf } from '@vratny/support/process-state';
import type { Random } from './plan.ts';

/** A node that can be killed again and again. */
export interface SoakNode {
  /** Where it listens, or listened last. */
  port(): number;
  /** False while it is dead: senders then take the other host of the domain. */
  listens(): boolean;
  /** SIGKILL to one of its workers; false when there is none just now. */
  killWorker(random: Random): boolean;
  /** SIGKILL to all of it at once, and a fresh start. */
  killAll(): Promise<void>;
  /** SIGTERM, and a fresh start: nobody of before is alive then. Rejects when the exit code is not 0. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  /** When its journal said that shared state did not answer in time, in milliseconds since 1970; up to its last end. */
  readonly alarms: readonly number[];
}

const WORKERS = 2;

/** Starts a node of a site. `cache` is a folder for compiled sources, filled at each orderly end: a start then takes a third of the time. */
export async function startNode(siteFile: string, host: string, cache: string): Promise<SoakNode> {
  const start = () => startMx({ siteFile, host, workers: WORKERS, environment: { NODE_COMPILE_CACHE: cache } });
  let mx: RunningMx = await start();
  const alarms: number[] = [];
  const read = () => void alarms.push(...mx.journal().flatMap(alarmOf));
  return {
    alarms,
    port: () => mx.port,
    listens: () => mx.ending() === undefined,
    killWorker(random) {
      const workers = mx.ending() === undefined ? workersOf(mx.pid).filter(isAlive) : [];
      const worker = workers[Math.floor(random() * workers.length)];
      if (worker === undefined) return false;
      process.kill(worker, 'SIGKILL');
      return true;
    },
    async killAll() {
      process.kill(-mx.pid, 'SIGKILL');
      await mx.ended;
      read();
      mx = await start();
    },
    async restart() {
      const ending = await mx.stop();
      read();
      if (ending !== 0) throw new Error(`${host} ended with ${ending} after SIGTERM`);
      mx = await start();
    },
    async stop() {
      await mx.stop();
      read();
    },
  };
}

/**
 * A machine with too much to do can miss the 250 ms that state has, though nobody touched it: mx goes on without, and says so. Its faults are one line a
 * minute for each kind, so the deliveries without state are read too.
 */
function alarmOf(line: unknown): readonly number[] {
  if (typeof line !== 'object' || line === null || !('time' in line) || typeof line.time !== 'string') return [];
  const without = ('where' in line && line.where === 'state') || ('stateAway' in line && line.stateAway === true);
  return without ? [Date.parse(line.time)] : [];
}
