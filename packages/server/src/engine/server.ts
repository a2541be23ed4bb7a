import type { Socket } from 'node:net';
import type { Objection } from '@vratny/smtp';
import { SMTPServer } from 'smtp-server';
import type { ServerOptions } from '../options.ts';
import { createSpoolRoom, freeBytesOf, type SpoolRoom } from '../spool-room.ts';
import { MxConnection } from './connection.ts';

/** The library's server with our connections: caps, draining, and nothing of AUTH. */
export class MxServer extends SMTPServer {
  readonly mx: ServerOptions;
  readonly spoolRoom: SpoolRoom;
  readonly #open = new Set<MxConnection>();
  readonly #perIp = new Map<string, number>();
  #draining = false;

  constructor(options: ServerOptions) {
    const tls = options.tls === undefined ? {} : { cert: options.tls.cert, key: options.tls.key };
    super({
      ...tls,
      name: options.settings.hostName,
      // RFC 8996; the library's own minimum is TLS 1.0.
      minVersion: 'TLSv1.2',
      logger: false,
      disableReverseLookup: true,
      authOptional: true,
      disabledCommands: ['AUTH'],
      // Commands that came before the client closed its side are answered.
      ...{ allowHalfOpen: true },
    });
    this.mx = options;
    const { journal, monotonicMs } = options;
    this.spoolRoom = createSpoolRoom({
      freeBytes: options.spoolFreeBytes ?? (() => freeBytesOf(options.spoolDirectory)),
      monotonicMs,
      onFault: (detail) => journal.record({ kind: 'fault', where: 'spool', detail: `free space is not known: ${detail}` }),
    });
    // An address that cannot be had is told to whoever called listen; what comes later (no descriptors left) is told to the operator.
    this.on('error', (error: Error) => {
      if (this.server.listening) journal.record({ kind: 'fault', where: 'socket', detail: error.message });
    });
  }

  override connect(socket: Socket, from?: { remoteAddress?: string | undefined; remotePort?: number | undefined }): void {
    // A socket that closed already tells nobody again, and would be counted for ever.
    if (socket.destroyed) return;
    const connection = new MxConnection(this, socket, from ?? {});
    this.connections.add(connection);
    connection.init();
  }

  /** Whether one more client is let in; the reply when not. */
  admit(connection: MxConnection): Objection | undefined {
    const { limits, crowded } = this.mx;
    const ip = connection.remoteAddress;
    const count = (this.#perIp.get(ip) ?? 0) + 1;
    if (this.#draining) return '421 4.3.2 this node is going down, please connect again';
    if (this.#open.size >= limits.connectionsMax) return '421 4.3.2 this node has all the connections it can hold, please try again later';
    if (count > limits.connectionsPerIpMax || crowded?.(ip)) return `421 4.7.0 too many connections from ${ip}, please try again later`;
    this.#open.add(connection);
    this.#perIp.set(ip, count);
    return undefined;
  }

  /** A client is gone; false when it had not been let in. */
  left(connection: MxConnection): boolean {
    if (!this.#open.delete(connection)) return false;
    const count = (this.#perIp.get(connection.remoteAddress) ?? 1) - 1;
    if (count > 0) this.#perIp.set(connection.remoteAddress, count);
    else this.#perIp.delete(connection.remoteAddress);
    if (this.#draining && this.#open.size === 0) this.emit('drained');
    return true;
  }

  /** How many clients are there, in all and by address. */
  get clients(): { readonly total: number; readonly perIp: ReadonlyMap<string, number> } {
    return { total: this.#open.size, perIp: this.#perIp };
  }

  /** Stops listening, says goodbye to idle clients and waits for running messages; after `deadlineMs` those are broken off. */
  async drain(deadlineMs: number): Promise<void> {
    this.#draining = true;
    this.server.close();
    for (const connection of this.#open) connection.drain();
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      // Their close events follow, and then everybody is gone.
      const timer = setTimeout(() => {
        for (const connection of this.#open) connection.destroy();
      }, deadlineMs);
      this.once('drained', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
