import type { Socket } from 'node:net';
import { hostId } from '@vratny/hosts';
import { newSessionId } from '@vratny/journal';
import { type Delay, encodeReply } from '@vratny/smtp';
import { REFUSALS_COUNTED_MAX, REFUSALS_COUNTED_MS, TURN_AWAY_MS, TURNED_AWAY_MAX } from '../limits.ts';
import type { ServerOptions } from '../server-options.ts';

/** Tells clients that are not let in why, at the cost of a write: no session is made for them. */
export interface TurnAway {
  /** Says so, writes it down, and closes once the client has closed its side or {@link TURN_AWAY_MS} is over. */
  tell(socket: Socket, ip: string, reply: Delay): void;
  /** The same, but closes as soon as it is said: each that lingers would be one descriptor more, where there are none. */
  tellBriefly(socket: Socket, ip: string, reply: Delay): void;
  /** Cuts off those who have not gone, and writes down what was counted. */
  close(): void;
}

interface Count {
  readonly ip: string;
  readonly detail: string;
  /** Since the last line. */
  more: number;
}

interface Noting extends Pick<ServerOptions, 'host' | 'now'> {
  readonly journal: Pick<ServerOptions['journal'], 'record'>;
}

/** Counts clients that are refused before they have a session: the first refusal of an address is a line in the journal, further ones a number. */
export interface RefusalCounter {
  /** One more of this address, for this reason. */
  note(ip: string, detail: string): void;
  /** Writes down what was counted. */
  close(): void;
}

/** Writes the first refusal of an address at once, and the number of further ones each {@link REFUSALS_COUNTED_MS}. */
export function createRefusalCounter({ journal, host, now }: Noting): RefusalCounter {
  const counts = new Map<string, Count>();
  let timer: NodeJS.Timeout | undefined;

  const write = ({ ip, detail }: Count, count?: number) => {
    const occasion = { session: newSessionId(now()), host: hostId(host), client: ip };
    journal.record({ kind: 'session', occasion, what: 'refused', detail, ...(count === undefined ? {} : { count }) });
  };
  const flush = () => {
    timer = undefined;
    for (const [key, count] of counts) {
      if (count.more === 0) counts.delete(key);
      else write(count, count.more);
      count.more = 0;
    }
    if (counts.size > 0) timer = setTimeout(flush, REFUSALS_COUNTED_MS).unref();
  };
  const note = (ip: string, detail: string): void => {
    const own = `${ip} ${detail}`;
    const known = counts.get(own);
    const shared = known === undefined && counts.size >= REFUSALS_COUNTED_MAX;
    const count = known ?? (shared ? counts.get(SHARED) : undefined);
    if (count) {
      count.more += 1;
      return;
    }
    const first: Count = shared ? { ip: 'others', detail: '421 4.3.2 too many addresses to name each', more: 0 } : { ip, detail, more: 0 };
    counts.set(shared ? SHARED : own, first);
    write(first);
    timer ??= setTimeout(flush, REFUSALS_COUNTED_MS).unref();
  };
  const close = () => {
    clearTimeout(timer);
    flush();
    clearTimeout(timer);
  };
  return { note, close };
}

/** Of one server. */
export function createTurnAway(options: Noting): TurnAway {
  const leaving = new Set<Socket>();
  const counter = createRefusalCounter(options);
  return {
    tell(socket, ip, reply) {
      counter.note(ip, reply);
      if (socket.destroyed) return;
      const oldest = leaving.size >= TURNED_AWAY_MAX ? leaving.values().next().value : undefined;
      oldest?.destroy();
      leaving.add(socket);
      const deadline = setTimeout(() => socket.destroy(), TURN_AWAY_MS).unref();
      const gone = () => {
        clearTimeout(deadline);
        leaving.delete(socket);
      };
      // What it says is not read by anybody, but taken: octets left in the kernel would make the close a reset, and the reply might be lost.
      socket
        .on('error', ignore)
        .once('close', gone)
        .once('end', () => socket.destroySoon())
        .resume();
      socket.end(encodeReply(reply));
    },
    tellBriefly(socket, ip, reply) {
      counter.note(ip, reply);
      socket.on('error', ignore).end(encodeReply(reply), () => socket.destroy());
    },
    close() {
      for (const socket of leaving) socket.destroy();
      counter.close();
    },
  };
}

const SHARED = '';

function ignore(): void {
  // A client that breaks the connection was on its way out anyway.
}
