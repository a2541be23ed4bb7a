import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { hostId } from '@vratny/hosts';
import { newSessionId } from '@vratny/journal';
import type { Delay } from '@vratny/smtp';
import { SMTPServer } from 'smtp-server';
import { type Admission, type Admitted, createAdmission } from '../admission.ts';
import { PROXY_HEADER_MS, QUIET_ROOM_MS } from '../limits.ts';
import { QuietRoom } from '../message/quiet-room.ts';
import { type PendingHeader, readHeader } from '../proxy/read-header.ts';
import type { ServerOptions } from '../server-options.ts';

import { createSpoolRoom, type SpoolRoom } from '../spool-room.ts';
import { HandshakeRoom } from '../tls/handshake-room.ts';
import { createSecureContexts, type SecureContexts, type TlsSettings } from '../tls/secure-contexts.ts';
import { type Arrival, MxConnection } from './connection.ts';
import { createTurnAway, type TurnAway } from './turn-away.ts';

const REFUSALS: Readonly<Record<'full' | 'draining', Delay>> = {
  full: '421 4.3.2 this node has all the connections it can hold, please try again later',
  draining: '421 4.3.2 this node is going down, please connect again',
};

/** The library's server with our connections: caps, draining, and nothing of AUTH. */
export class MxServer extends SMTPServer {
  readonly mx: ServerOptions;
  readonly spoolRoom: SpoolRoom;
  readonly quietRoom = new QuietRoom(QUIET_ROOM_MS);
  readonly handshakes: HandshakeRoom;
  readonly #admission: Admission;
  readonly #turnAway: TurnAway;
  /** With the address under which each was counted. */
  readonly #open = new Map<MxConnection, string>();
  readonly #perIp = new Map<string, number>();
  /** Connections of proxies that have not said for whom they are. */
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
      // Commands that came before the client closed its side are answered.
      ...{ allowHalfOpen: true },
    });
    this.mx = options;
    this.handshakes = new HandshakeRoom(options.monotonicMs, options.handshakesMax);
    if (options.tls !== undefined) this.renewTls(options.tls);
    this.#admission = options.admission ?? createAdmission(options.limits);
    this.#turnAway = createTurnAway(options);
    const { journal, monotonicMs, spoolFreeBytes } = options;
    this.spoolRoom = createSpoolRoom({
      ...(spoolFreeBytes ? { freeBytes: spoolFreeBytes } : { directory: options.spoolDirectory }),
      monotonicMs,
      onFault: (detail) => journal.record({ kind: 'fault', where: 'spool', detail: `free space is not known: ${detail}` }),
    });
  }

  /** Certificates, ciphers and ticket keys of new handshakes. @throws OpenSSL's error when they cannot be used; the old ones stay */
  renewTls(settings: TlsSettings): void {
    this.#tls = createSecureContexts(settings, this.mx.settings.hostName);
    // What the library shows to clients that name no host; its own context is made of its own certificate, and must never be seen.
    this.secureContext.set('*', this.#tls.standard);
  }

  /** Replaces the library's: Node shows only one certificate of a context that is named here, so the standard one must not be. */
  override _resolveSNI(name: string, callback: (error: Error | null, context?: SecureContext) => void): void {
    callback(null, this.#tls?.forName(name));
  }

  override connect(socket: Socket, arrival?: Arrival | null): void {
    // A socket that closed already tells nobody again, and would be counted for ever.
    if (socket.destroyed) return;
    const from = arrival ?? {};
    const ip = plainAddress(from.remoteAddress ?? socket.remoteAddress ?? '');
    const unready = this.#unready(0);
    if (unready !== undefined) {
      this.turnAway(socket, ip, unready);
      return;
    }
    // Not counted: nobody's place is taken by the question whether there is one.
    const answer = from.proxied?.local ? 'welcome' : this.#admission.enter(ip);
    if (typeof answer === 'string') {
      this.#entered(socket, ip, from, answer);
      return;
    }
    socket.on('error', ignore);
    void answer.then((later) => this.#entered(socket, ip, from, later));
  }

  /** Tells a client that it is not let in, and why. */
  turnAway(socket: Socket, ip: string, why: Exclude<Admitted, 'welcome'> | 'draining'): void {
    this.#turnAway.tell(
      socket,
      ip,
      why === 'crowded' ? `421 4.7.0 too many connections from ${ip}, please try again later` : REFUSALS[why],
    );
  }

  /** Tells a client that this process has no descriptors for it. */
  turnAwayBriefly(socket: Socket): void {
    this.#turnAway.tellBriefly(socket, plainAddress(socket.remoteAddress ?? ''), REFUSALS.full);
  }

  /** Told whether a client is let in. The address is the client's, not that of a proxy before it. */
  #entered(socket: Socket, ip: string, from: Arrival, answer: Admitted): void {
    if (answer !== 'welcome') {
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
   * Replaces the library's, which knows version 1 alone. Whether a connection begins with a PROXY header is a matter of its address: others could
   * say that they are anybody.
   */
  override _handleProxy(socket: Socket, callback: (error: Error | null, arrival?: Arrival & { readonly id: string }) => void): void {
    const { proxies, proxyHeaderMs = PROXY_HEADER_MS } = this.mx;
    const { remoteAddress } = socket;
    const unready = this.#unready(this.#pending.size);
    if (remoteAddress === undefined) {
      // It was reset before it was looked at: nobody is there, and whoever it was may have been a proxy.
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

  /** Why nobody is taken now, whoever it is. The limit of all clients of a host is asked for each; this bounds what one process holds. */
  #unready(waiting: number): 'full' | 'draining' | undefined {
    if (this.#draining) return 'draining';
    return this.#open.size + waiting < this.mx.limits.connectionsMax ? undefined : 'full';
  }

  /** A client is gone. */
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

  /** Stops listening, says goodbye to idle clients and waits for running messages; after `deadlineMs` those are broken off. */
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
      // Their close events follow, and then everybody is gone.
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

/** An IPv4 client of an IPv6 socket is that IPv4 client. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/iu, '');
}

function ignore(): void {
  // A client that breaks the connection while it waits is seen by its socket.
}
