import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** What a sink has taken so far. */
export interface SinkCounts {
  readonly connections: number;
  readonly messages: number;
  /** Copies: a message for three recipients counts three times. */
  readonly copies: number;
  /** Of messages as they came over the wire, dots doubled. */
  readonly octets: number;
}

/** A running sink. */
export interface LmtpSink extends AsyncDisposable {
  /** Undefined on a Unix socket. */
  readonly port: number | undefined;
  counts(): SinkCounts;
}

/** Where to listen: `port` 0 is any free one of 127.0.0.1. */
export type SinkAddress = { readonly host?: string; readonly port: number } | { readonly path: string };

const END = Buffer.from('\r\n.\r\n');
const CRLF = Buffer.from('\r\n');
/** A command that is longer is no command. */
const COMMAND_MAX = 4_096;

/**
 * Starts an LMTP server that takes everything, keeps nothing and counts: for measuring what stands before it. It does without the scripted server of
 * `test/support`, which keeps and decides: at the rates of these measurements that is time of the machine that is measured.
 */
export async function startLmtpSink(address: SinkAddress): Promise<LmtpSink> {
  const counts = { connections: 0, messages: 0, copies: 0, octets: 0 };
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    counts.connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    serve(socket, counts);
  });
  if ('path' in address) server.listen(address.path);
  else server.listen(address.port, address.host ?? '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : undefined,
    counts: () => ({ ...counts }),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

type Counts = { -readonly [K in keyof SinkCounts]: SinkCounts[K] };

function serve(socket: Socket, counts: Counts): void {
  let rest: Buffer = Buffer.alloc(0);
  let recipients = 0;
  let inData = false;

  /** Takes what is complete of the octets and returns how many those were. */
  function takeData(octets: Buffer, start: number, replies: string[]): number {
    const end = octets.indexOf(END, start);
    // What could be the beginning of the end is looked at again.
    if (end === -1) return Math.max(start, octets.length - END.length + 1);
    inData = false;
    counts.messages += 1;
    counts.copies += recipients;
    for (let i = 0; i < recipients; i += 1) replies.push('250 2.0.0 taken\r\n');
    recipients = 0;
    return end + END.length;
  }
  socket.write('220 sink LMTP\r\n');
  socket.on('data', (piece) => {
    if (typeof piece === 'string') return;
    const octets = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const replies: string[] = [];
    let at = 0;
    while (at < octets.length) {
      if (inData) {
        const next = takeData(octets, at, replies);
        counts.octets += next - at;
        at = next;
        if (inData) break;
        continue;
      }
      const end = octets.indexOf(CRLF, at);
      if (end === -1) break;
      const verb = octets.toString('latin1', at, Math.min(at + 4, end)).toUpperCase();
      // The CRLF of DATA may be the one before the dot of an empty message.
      at = verb === 'DATA' ? end : end + 2;
      if (verb === 'RCPT') recipients += 1;
      if (verb === 'RSET' || verb === 'MAIL') recipients = 0;
      inData = verb === 'DATA' && recipients > 0;
      if (verb === 'DATA' && !inData) at = end + 2;
      replies.push(answerTo(verb, inData));
      if (verb === 'QUIT') return void socket.end(replies.join(''));
    }
    rest = octets.subarray(at);
    if (!inData && rest.length > COMMAND_MAX) return void socket.destroy();
    if (replies.length > 0) socket.write(replies.join(''));
  });
}

function answerTo(verb: string, inData: boolean): string {
  if (verb === 'LHLO') return '250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE\r\n250 ENHANCEDSTATUSCODES\r\n';
  if (verb === 'DATA') return inData ? '354 go on\r\n' : '503 5.5.1 no recipients\r\n';
  return verb === 'QUIT' ? '221 2.0.0 bye\r\n' : '250 2.0.0 fine\r\n';
}
