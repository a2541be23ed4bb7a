import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { hostId } from '@vratny/hosts';
import { newSessionId } from '@vratny/journal';
import { type Delay, encodeReply } from '@vratny/smtp';
import { SMTPServer } from 'smtp-server';
import { type Admission, type Admitted, createAdmission } from '../admission.ts';
import { MESSAGE_LOCK_MS, PROXY_HEADER_MS, REFUSALS_COUNTED_MAX, REFUSALS_COUNTED_MS, TURN_AWAY_MS, TURNED_AWAY_MAX } from '../limits.ts';
import { MessageLock } from '../message/message-lock.ts';
import { type PendingHeader, readHeader } from '../proxy/read-header.ts';
import type { ServerOptions } from '../server-options.ts';
import type { SharedBySessions } from '../session.ts';
import { createSpoolRoom } from '../spool-room.ts';
import { HandshakeLimiter } from '../tls/handshake-limiter.ts';
import { createSecureContexts, type SecureContexts, type TlsSettings } from '../tls/secure-contexts.ts';
import { type ConnectionSource, MxConnection } from './connection.ts';

const REFUSALS: Readonly<Record<'full' | 'draining', Delay>> = {
  full: '421 4.3.2 this node has all the connections it can hold, please try again later',
  draining: '421 4.3.2 this node is going down, please connect again',
};

/** The library's server with our connections, limits and draining, and without AUTH. */
export class MxServer extends SMTPServer {
  readonly mx: ServerOptions;
  readonly shared: SharedBySessions;
  readonly handshakes: HandshakeLimiter;
  readonly #admission: Admission;
  readonly #turnAway: TurnAway;
  /** With the address that each is counted under. */
  readonly #open = new Map<MxConnection, string>();
  readonly #perIp = new Map<string, number>();
  /** Connections of proxies whose PROXY header has not been read yet. */
  readonly #pending = new Set<PendingHeader>();
  #tls: SecureContexts | undefined;
  #healthChecks = 0;
  #draining = false;

  constructor(options: ServerOptions) {
    super({
      name: options.settings.hostName,
      logger: false,
      disableReverseLookup: true,
      authOptional: true,
      disabledCommands: ['AUTH'],
      // Commands that were sent before the client closed its side are answered.
      ...{ allowHalfOpen: true },
    });
    this.mx = options;
    this.handshakes = new HandshakeLimiter(options.monotonicMs, options.handshakesMax);
    if (options.tls !== undefined) this.renewTls(options.tls);
    this.#admission = options.admission ?? createAdmission(options.limits);
    this.#turnAway = createTurnAway(options);
    const { journal, monotonicMs, spoolFreeBytes } = options;
    const spoolRoom = createSpoolRoom({
      ...(spoolFreeBytes ? { freeBytes: spoolFreeBytes } : { directory: options.spoolDirectory }),
      monotonicMs,
      onFault: (detail) => journal.record({ kind: 'fault', where: 'spool', detail: `free space is not known: ${detail}` }),
    });
    this.shared = { spoolRoom, messageLock: new MessageLock(MESSAGE_LOCK_MS), evidence: { held: 0 } };
  }

  /**
   * Certificates, ciphers and ticket keys of new handshakes. @throws OpenSSL's error when they cannot be used; the old
   * ones stay
   */
  renewTls(settings: TlsSettings): void {
    this.#tls = createSecureContexts(settings, this.mx.settings.hostName);
    // The context for clients that name no host. The library makes one of its own certificate, which must not be used.
    this.secureContext.set('*', this.#tls.standard);
  }

  /**
   * Overrides the library's: Node uses only one certificate of a context that is returned here, so the standard one is
   * not returned.
   */
  override _resolveSNI(name: string, callback: (error: Error | null, context?: SecureContext) => void): void {
    callback(null, this.#tls?.forName(name));
  }

  override connect(socket: Socket, source?: ConnectionSource | null): void {
    // A socket that is closed already emits no further event, and would be counted for ever.
    if (socket.destroyed) return;
    const from = source ?? {};
    const ip = plainAddress(from.remoteAddress ?? socket.remoteAddress ?? '');
    const unready = this.#unready(0);
    if (unready !== undefined) {
      this.turnAway(socket, ip, unready);
      return;
    }
    // Health checks are not counted.
    const answer = from.proxied?.local ? 'admitted' : this.#admission.enter(ip);
    if (typeof answer === 'string') {
      this.#entered(socket, ip, from, answer);
      return;
    }
    socket.on('error', ignore);
    void answer.then((later) => this.#entered(socket, ip, from, later));
  }

  /** Refuses a client, with the reason. */
  turnAway(socket: Socket, ip: string, why: Exclude<Admitted, 'admitted'> | 'draining'): void {
    this.#turnAway.tell(
      socket,
      ip,
      why === 'too-many-from-address' ? `421 4.7.0 too many connections from ${ip}, please try again later` : REFUSALS[why],
    );
  }

  /** Refuses a client because this process has no descriptors left. */
  turnAwayBriefly(socket: Socket): void {
    this.#turnAway.tellBriefly(socket, plainAddress(socket.remoteAddress ?? ''), REFUSALS.full);
  }

  /** Handles the answer of the admission. The address is the client's, not that of a proxy before it. */
  #entered(socket: Socket, ip: string, from: ConnectionSource, answer: Admitted): void {
    if (answer !== 'admitted') {
      this.turnAway(socket, ip, answer);
      return;
    }
    const counted = from.proxied?.local !== true;
    if (socket.destroyed || this.#draining) {
      if (counted) this.#admission.leave(ip);
      if (!socket.destroyed) this.turnAway(socket, ip, 'draining');
      return;
    }
    const connection = new MxConnection(this, socket, { ...from, remoteAddress: ip });
    this.connections.add(connection);
    this.#open.set(connection, ip);
    if (counted) this.#perIp.set(ip, (this.#perIp.get(ip) ?? 0) + 1);
    else this.#healthChecks += 1;
    connection.init();
  }

  /**
   * Overrides the library's, which reads version 1 only. Whether a connection begins with a PROXY header depends on its
   * address: other clients could claim any address.
   */
  override _handleProxy(
    socket: Socket,
    callback: (error: Error | null, source?: ConnectionSource & { readonly id: string }) => void,
  ): void {
    const { proxies, proxyHeaderMs = PROXY_HEADER_MS } = this.mx;
    const { remoteAddress } = socket;
    const unready = this.#unready(this.#pending.size);
    if (remoteAddress === undefined) {
      // The connection was reset before it was accepted, and may have been a proxy's.
      socket.on('error', () => undefined);
      socket.destroy();
      callback(new Error('the client is gone'));
    } else if (!proxies?.(remoteAddress)) callback(null);
    else if (unready !== undefined) {
      this.turnAway(socket, remoteAddress, unready);
      callback(new Error(unready));
    } else {
      const pending = readHeader(socket, proxyHeaderMs, {
        onClient: (proxied) => {
          this.#pending.delete(pending);
          callback(null, { id: '', remoteAddress: proxied.ip, remotePort: proxied.port, proxied });
        },
        onRefusal: (reply, why) => callback(this.#recordRefusal(socket, `${reply} (${why})`)),
      });
      this.#pending.add(pending);
      socket.once('close', () => this.#pending.delete(pending));
    }
  }

  #recordRefusal({ remoteAddress = '' }: Socket, detail: string): Error {
    const occasion = { session: newSessionId(this.mx.now()), host: hostId(this.mx.host), client: remoteAddress };
    this.mx.journal.record({ kind: 'session', occasion, what: 'refused', detail });
    return new Error(detail);
  }

  /** Why no client is accepted now. The limit of the host is checked for each client; this bounds one process. */
  #unready(waiting: number): 'full' | 'draining' | undefined {
    if (this.#draining) return 'draining';
    return this.#open.size + waiting < this.mx.limits.connectionsMax ? undefined : 'full';
  }

  /** A connection has ended. */
  left(connection: MxConnection): void {
    const ip = this.#open.get(connection);
    if (ip === undefined) return;
    this.#open.delete(connection);
    if (connection.isHealthCheck) this.#healthChecks -= 1;
    else this.#uncount(ip);
    if (this.#draining && this.#open.size === 0) this.emit('drained');
  }

  #uncount(ip: string): void {
    this.#admission.leave(ip);
    const count = (this.#perIp.get(ip) ?? 1) - 1;
    if (count > 0) this.#perIp.set(ip, count);
    else this.#perIp.delete(ip);
  }

  /** How many clients are there, in all and by address; health checks of proxies are none. */
  get clients(): { readonly total: number; readonly perIp: ReadonlyMap<string, number> } {
    return { total: this.#open.size - this.#healthChecks, perIp: this.#perIp };
  }

  /** Stops listening, closes idle connections and waits for running messages; destroys the rest after `deadlineMs`. */
  async drain(deadlineMs: number): Promise<void> {
    this.#draining = true;
    this.server.close();
    for (const pending of this.#pending) pending.refuse(REFUSALS.draining);
    for (const connection of this.#open.keys()) connection.drain();
    if (this.#open.size > 0) await this.#emptied(deadlineMs);
    this.#turnAway.close();
  }

  async #emptied(deadlineMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      // The close events follow.
      const timer = setTimeout(() => {
        for (const connection of this.#open.keys()) connection.destroy();
      }, deadlineMs);
      this.once('drained', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** The IPv4 address of an IPv4 client of an IPv6 socket. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/iu, '');
}

function ignore(): void {
  // The socket's close event is handled elsewhere.
}

/** Refuses clients with one write, without making a session. */
interface TurnAway {
  /** Sends the reply, records it, and closes when the client has closed its side or after {@link TURN_AWAY_MS}. */
  tell(socket: Socket, ip: string, reply: Delay): void;
  /** The same, but closes at once: each open connection would need a descriptor, and there are none left. */
  tellBriefly(socket: Socket, ip: string, reply: Delay): void;
  /** Destroys the remaining connections, and records the counts. */
  close(): void;
}

interface Count {
  readonly ip: string;
  readonly detail: string;
  /** Refusals since the last journal line. */
  more: number;
}

interface Noting extends Pick<ServerOptions, 'host' | 'now'> {
  readonly journal: Pick<ServerOptions['journal'], 'record'>;
}

/**
 * Counts clients that are refused before they have a session: the first refusal of an address is a journal line,
 * further ones are a number.
 */
export interface RefusalCounter {
  /** Counts a refusal of this address with this reason. */
  note(ip: string, detail: string): void;
  /** Records the counts. */
  close(): void;
}

/**
 * Records the first refusal of an address at once, and the number of further ones every {@link REFUSALS_COUNTED_MS}.
 */
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

/** Creates the refuser of one server. */
function createTurnAway(options: Noting): TurnAway {
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
      // Input is read and dropped: unread octets in the kernel would turn the close into a reset, and the reply might
      // be lost.
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
