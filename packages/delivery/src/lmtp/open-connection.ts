import { connect as connectSocket } from 'node:net';
import { type Cancellation, onAbort } from '@vratny/waiting';
import { LmtpConnection } from './connection.ts';
import { LmtpFault } from './fault.ts';
import { type Features, readFeatures } from './features.ts';
import type { Deadlines } from './limits.ts';
import { isPositive, type LmtpReply, quoteReply } from './reply.ts';
import { type LmtpServer, nameServer } from './server-address.ts';

/** A connection after LHLO. */
export interface OpenConnection {
  readonly connection: LmtpConnection;
  readonly features: Features;
}

/** What opening needs to know. */
export interface OpenOptions {
  readonly server: LmtpServer;
  /** Of this node, for LHLO. */
  readonly hostName: string;
  readonly deadlines: Deadlines;
  /** Called once when the connection is of no use any more. */
  readonly onBroken: () => void;
  /** Ends the attempt. */
  readonly signal: Cancellation;
}

/** Connects, reads the greeting, says LHLO (RFC 2033 §4.1). Rejects with {@link LmtpFault}; nothing stays open then. */
export async function openConnection({ server, hostName, deadlines, onBroken, signal }: OpenOptions): Promise<OpenConnection> {
  const name = nameServer(server);
  if (signal.aborted) throw new LmtpFault('ended', `${name}: given up before it was connected`);
  const { connectMs, greetingMs } = deadlines;
  const socket =
    server.kind === 'unix' ? connectSocket(server.path) : connectSocket({ host: server.host, port: server.port, noDelay: true });
  const connection = new LmtpConnection(socket, name, onBroken);
  const stopListening = onAbort(signal, () => connection.destroy());
  connection.startStep('connecting', connectMs);
  socket.once('connect', () => connection.startStep('greeting and LHLO', greetingMs));
  try {
    mustBePositive(await connection.nextReply(), name);
    connection.send(`LHLO ${hostName}\r\n`, 1);
    const features = readFeatures(mustBePositive(await connection.nextReply(), name));
    connection.endStep();
    if (!connection.idle) throw connection.fault ?? new LmtpFault('garbled', `${name}: more replies than commands`);
    return { connection, features };
  } catch (error) {
    connection.destroy();
    throw error;
  } finally {
    stopListening();
  }
}

function mustBePositive(reply: LmtpReply, name: string): LmtpReply {
  if (!isPositive(reply)) throw new LmtpFault('lost', `${name}: does not serve us: ${quoteReply(reply)}`);
  return reply;
}
