import type { Row } from './rows.ts';
import { type Ground, type Peer, processorSeconds, type RunningServer, residentOf } from './server.ts';
import { type Sent, send, tryOnce } from './work.ts';

/** One run of one server. */
export interface Sample extends Sent {
  readonly messages: number;
  /** From the first message until all were delivered. */
  readonly deliveredMs: number;
  /** Processor time of the server until everything was delivered. */
  readonly processorSeconds: number;
  /** Processor time of the clients and the sinks meanwhile. */
  readonly harnessSeconds: number;
}

/** What was measured of a server in a row. */
export interface Measured {
  readonly peer: Peer;
  readonly samples: readonly Sample[];
  /** Octets of memory after the last round. */
  readonly residentBytes: number;
}

/** How much is measured. */
export interface Effort {
  /** Messages that nobody counts, before the first round. */
  readonly warmUp: number;
  readonly rounds: number;
  /** How long a round of one server shall take, as far as its warm-up tells. */
  readonly seconds: number;
}

/**
 * Runs a row: all of its servers are started, warmed up, and measured in turn, each first in turn. Rejects, with all servers stopped, when
 * the ground's signal is aborted.
 */
export async function measureRow(ground: Ground, row: Row, effort: Effort): Promise<readonly Measured[]> {
  await using stack = new AsyncDisposableStack();
  const lanes: { peer: Peer; server: RunningServer; messages: number; samples: Sample[] }[] = [];
  for (const peer of row.peers) {
    ground.signal.throwIfAborted();
    const server = stack.use(await peer.start(ground));
    const messages = await warmUp(ground, server, row, effort);
    lanes.push({ peer, server, messages, samples: [] });
  }
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const lane of [...lanes.slice(round % lanes.length), ...lanes.slice(0, round % lanes.length)]) {
      const sample = await measureOnce(ground, lane.server, row, lane.messages);
      lane.samples.push(sample);
      const perSecond = Math.round((1_000 * sample.messages) / sample.ms);
      ground.say(
        `${row.id}, round ${round + 1}: ${lane.peer.title}: ${perSecond}/s, ${Math.round(perProcessorSecond(sample))} a processor second`,
      );
    }
  }
  return lanes.map(({ peer, server, samples }) => ({ peer, samples, residentBytes: residentOf(server.pid) }));
}

/** Messages a second of the server's processor time. */
export function perProcessorSecond({ messages, processorSeconds }: Sample): number {
  return messages / processorSeconds;
}

const FIRST_LOOK = 200;
/** Messages of a step of the warm-up double until it takes so long. */
const STEP_MS = 2_000;
/** Large messages are slow: a warm-up ends then, however many messages were sent. */
const WARM_UP_MS = 15_000;

/**
 * Sends the warm-up, and says how many messages fill a round. Programs that compile while they run are slow at first: a warm-up that
 * trusted its first messages would be too short.
 */
async function warmUp(ground: Ground, server: RunningServer, row: Row, { warmUp: total, seconds }: Effort): Promise<number> {
  await tryOnce(server.port, row.work, ground.signal);
  const { sessions, sizeBytes } = row.work;
  const fewest = Math.min(FIRST_LOOK, Math.round((FIRST_LOOK * 64 * 1_024) / sizeBytes));
  let step = Math.max(sessions, fewest);
  let [sent, spentMs, perSecond] = [0, 0, 0];
  while (sent < total && spentMs < WARM_UP_MS) {
    const { ms } = await measureOnce(ground, server, row, step);
    sent += step;
    spentMs += ms;
    perSecond = (step / ms) * 1_000;
    if (ms < STEP_MS) step = Math.min(2 * step, Math.max(sessions, total - sent));
  }
  return Math.max(sessions, fewest, Math.round(perSecond * seconds));
}

async function measureOnce(ground: Ground, server: RunningServer, { work }: Row, messages: number): Promise<Sample> {
  ground.signal.throwIfAborted();
  const before = processorSeconds(server.pid);
  const harnessBefore = ground.harnessSeconds();
  const sent = await send(server.port, work, messages, ground.signal);
  const settling = performance.now();
  await server.settled();
  const deliveredMs = sent.ms + performance.now() - settling;
  const harnessSeconds = ground.harnessSeconds() - harnessBefore;
  return { ...sent, messages, deliveredMs, processorSeconds: processorSeconds(server.pid) - before, harnessSeconds };
}
