import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { decode, type EncodableResource, encode } from 'dns-packet';

/** For tests: a question as the scripted server got it. */
export interface ScriptedQuery {
  readonly transport: 'udp' | 'tcp';
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly edns: boolean;
  readonly packet: Buffer;
  readonly sourcePort: number;
}

/** For tests: a DNS server on loopback that sends what it is told. */
export interface ScriptedServer {
  /** `127.0.0.1:port`, UDP and TCP. */
  readonly address: string;
  readonly queries: readonly ScriptedQuery[];
  close(): Promise<void>;
}

/** The packets sent for a question, in order; none is silence. */
export type Script = (query: ScriptedQuery) => readonly Buffer[];

/** Starts one on a free port. */
export async function startScriptedServer(script: Script): Promise<ScriptedServer> {
  const queries: ScriptedQuery[] = [];
  const answer = (transport: 'udp' | 'tcp', packet: Buffer, sourcePort: number): readonly Buffer[] => {
    const { id, questions, additionals } = decode(packet);
    const edns = additionals.some((record) => record.type === 'OPT');
    const query = { transport, id, packet, sourcePort, edns, name: questions[0]?.name ?? '', type: questions[0]?.type ?? '' };
    queries.push(query);
    return script(query);
  };
  const tcp = createServer((socket) => serveTcp(socket, answer));
  const port = await listen(tcp);
  const udp = createSocket('udp4');
  udp.on('message', (packet, from) => {
    for (const reply of answer('udp', packet, from.port)) udp.send(reply, from.port, from.address);
  });
  await bind(udp, port);
  return {
    address: `127.0.0.1:${port}`,
    queries,
    close: async () => {
      udp.close();
      await new Promise((resolve) => tcp.close(resolve));
    },
  };
}

/** Encodes an answer to `query`. */
export function respond(
  query: Pick<ScriptedQuery, 'id' | 'name' | 'type'>,
  response: {
    readonly rcode?: number;
    readonly truncated?: boolean;
    readonly authentic?: boolean;
    readonly authoritative?: boolean;
    readonly answers?: readonly EncodableResource[];
    readonly authorities?: readonly EncodableResource[];
    readonly additionals?: readonly EncodableResource[];
  },
): Buffer {
  return encode({
    type: 'response',
    id: query.id,
    // RD and RA as every recursive resolver sets them, AA, TC, AD and the response code.
    flags:
      0x180 |
      (response.authoritative ? 0x400 : 0) |
      (response.truncated ? 0x200 : 0) |
      (response.authentic ? 0x20 : 0) |
      (response.rcode ?? 0),
    questions: [{ name: query.name, type: query.type }],
    answers: response.answers ?? [],
    authorities: response.authorities ?? [],
    additionals: response.additionals ?? [],
  });
}

function serveTcp(socket: Socket, answer: (transport: 'tcp', packet: Buffer, sourcePort: number) => readonly Buffer[]): void {
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    for (const reply of answer('tcp', chunk.subarray(2), socket.remotePort ?? 0)) {
      const prefix = Buffer.alloc(2);
      prefix.writeUInt16BE(reply.length);
      // In three pieces, the first of one octet: the client has to put them together.
      const whole = Buffer.concat([prefix, reply]);
      socket.write(whole.subarray(0, 1));
      setImmediate(() => socket.write(whole.subarray(1, 20), () => socket.write(whole.subarray(20))));
    }
  });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

function bind(socket: UdpSocket, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, '127.0.0.1', resolve);
  });
}
