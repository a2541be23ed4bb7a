import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningMx } from '@vratny/support/mx';
import { call } from './two-nodes.ts';

/** What senders were told since the last look. */
export interface SmtpReport {
  /** Strangers that were asked to come back: shared state was there. */
  readonly greylisted: number;
  /** Strangers that were let through: shared state was away. */
  readonly letThrough: number;
  /** The known sender was asked to come back: shared state lost what it knew. */
  readonly forgotten: number;
  /** Anything else. There must be none. */
  readonly errors: readonly string[];
  readonly slowestMs: number;
  /** How late this process itself was to wake up: a starved machine is not Redis' doing. */
  readonly latestMs: number;
}

/** Senders that go on until they are stopped. */
export interface SmtpLoad {
  look(): SmtpReport;
  stop(): Promise<void>;
}

const CONNECTIONS_PER_NODE = 3;
/** A sending server does not keep a connection for ever, and mx would not let it. */
const OFFERS_PER_CONNECTION = 6;
const PAUSE_MS = 10;

/** Strangers and one `known` sender, whom shared state has let through before, call all nodes in turn. */
export function startSmtpLoad(nodes: readonly RunningMx[], known: string): SmtpLoad {
  let report = empty();
  let running = true;
  let count = 0;
  const note = (sender: string, { reply, ms }: { readonly reply: string; readonly ms: number }) => {
    report.slowestMs = Math.max(report.slowestMs, ms);
    if (reply.startsWith('250 ')) report.letThrough += sender === known ? 0 : 1;
    else if (!reply.startsWith('451 4.7.1 greylisted')) report.errors.push(`${sender}: ${reply}`);
    else if (sender === known) report.forgotten += 1;
    else report.greylisted += 1;
  };
  const converse = async (node: RunningMx): Promise<void> => {
    const caller = await call(node);
    try {
      for (let i = 0; i < OFFERS_PER_CONNECTION && running; i += 1) {
        count += 1;
        const sender = i % 3 === 0 ? known : `stranger-${count}@sender.test`;
        note(sender, await caller.offer(sender));
        const startedAt = performance.now();
        await sleep(PAUSE_MS);
        report.latestMs = Math.max(report.latestMs, performance.now() - startedAt - PAUSE_MS);
      }
    } finally {
      caller.close();
    }
  };
  const loop = async (node: RunningMx): Promise<void> => {
    while (running) await converse(node).catch((error: unknown) => report.errors.push(String(error)));
  };
  const loops = nodes.flatMap((node) => Array.from({ length: CONNECTIONS_PER_NODE }, () => loop(node)));
  const look = () => {
    const last = report;
    report = empty();
    return last;
  };
  const stop = async () => {
    running = false;
    await Promise.all(loops);
  };
  return { look, stop };
}

function empty(): { greylisted: number; letThrough: number; forgotten: number; errors: string[]; slowestMs: number; latestMs: number } {
  return { greylisted: 0, letThrough: 0, forgotten: 0, errors: [], slowestMs: 0, latestMs: 0 };
}
