import { type Cancellation, createTurns, type NoTurn, pause, type Turn, type Turns } from '@vratny/waiting';
import {
  AUTHORITATIVE_AT_ONCE,
  AUTHORITATIVE_AT_ONCE_PER_SERVER,
  AUTHORITATIVE_SERVERS_MAX,
  AUTHORITATIVE_WAIT_MS,
  SERVER_INTERVAL_MS,
  WAITING_MAX,
} from '../limits.ts';

/** Turns of questions: bounded for each server and over all, and for each server a steady rate. */
export interface ServerTurns {
  /** Servers whose rate is remembered. */
  readonly servers: number;
  /** Waits for the turn of a question to this server. Dispose it when the answer is there. Never rejects. */
  take(server: string, signal?: Cancellation): Promise<Turn | { readonly kind: NoTurn }>;
}

/** What is known of one server. */
interface Lane {
  readonly turns: Turns;
  /** Questions that have a turn or wait for one. */
  users: number;
  /** When the next question may go out. */
  freeAtMs: number;
}

/** Creates them. `now` is in milliseconds. */
export function createServerTurns(now: () => number): ServerTurns {
  const all = createTurns({ atOnce: AUTHORITATIVE_AT_ONCE, waitingMax: WAITING_MAX, waitingMs: AUTHORITATIVE_WAIT_MS });
  const lanes = new Map<string, Lane>();
  const laneOf = (server: string): Lane => {
    const known = lanes.get(server);
    if (known !== undefined) return known;
    if (lanes.size >= AUTHORITATIVE_SERVERS_MAX) forgetIdle(lanes, now());
    const limits = { atOnce: AUTHORITATIVE_AT_ONCE_PER_SERVER, waitingMax: WAITING_MAX, waitingMs: AUTHORITATIVE_WAIT_MS };
    const lane: Lane = { turns: createTurns(limits), users: 0, freeAtMs: 0 };
    lanes.set(server, lane);
    return lane;
  };
  return {
    get servers() {
      return lanes.size;
    },
    async take(server, signal) {
      const lane = laneOf(server);
      lane.users += 1;
      const leave = () => {
        lane.users -= 1;
      };
      // The server's own turn first: who waits for a slow server must not hold up questions to others.
      const own = await lane.turns.take(signal);
      if (own.kind !== 'turn') return left(own, leave);
      const startsAtMs = Math.max(now(), lane.freeAtMs);
      lane.freeAtMs = startsAtMs + SERVER_INTERVAL_MS;
      const waitMs = startsAtMs - now();
      if (waitMs > 0) await pause(waitMs, signal);
      const shared = await all.take(signal);
      if (shared.kind === 'turn') return bothOf(own, shared, leave);
      own[Symbol.dispose]();
      return left(shared, leave);
    },
  };
}

function left(why: { readonly kind: NoTurn }, leave: () => void): { readonly kind: NoTurn } {
  leave();
  return why;
}

function bothOf(own: Turn, shared: Turn, leave: () => void): Turn {
  let given = false;
  return {
    kind: 'turn',
    [Symbol.dispose]() {
      if (given) return;
      given = true;
      shared[Symbol.dispose]();
      own[Symbol.dispose]();
      leave();
    },
  };
}

function forgetIdle(lanes: Map<string, Lane>, nowMs: number): void {
  for (const [server, { users, freeAtMs }] of lanes) if (users === 0 && freeAtMs <= nowMs) lanes.delete(server);
}
