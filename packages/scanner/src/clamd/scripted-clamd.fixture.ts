import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { eicarFile } from './check.ts';
import type { ClamdAddress } from './instream.ts';

/** What a scripted clamd does with a connection. */
export type ClamdScript = (socket: Socket) => void;

/** A clamd of the tests, on a free port. */
export interface ScriptedClamd extends AsyncDisposable {
  readonly address: ClamdAddress & { readonly kind: 'tcp' };
  /** What it does from the next connection on. */
  play(script: ClamdScript): void;
  /** Connections so far. */
  connections(): number;
}

/** Starts one that does its work. */
export async function startScriptedClamd(script: ClamdScript = honest()): Promise<ScriptedClamd> {
  let current = script;
  let connections = 0;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    connections += 1;
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    current(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: { kind: 'tcp', host: '127.0.0.1', port: portOf(server) },
    play: (next) => {
      current = next;
    },
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Reads the whole stream, then does `then` with what was in it. */
export function afterStream(then: (socket: Socket, stream: Buffer) => void): ClamdScript {
  return (socket) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      // Only a stream's end can end in four zeros here: no test sends zeros.
      if (chunk.subarray(-4).equals(Buffer.alloc(4)) || Buffer.concat(chunks.slice(-2)).subarray(-4).equals(Buffer.alloc(4))) {
        then(socket, unpack(Buffer.concat(chunks)));
      }
    });
  };
}

/** Reads the whole stream and sends these octets; closes unless told otherwise. */
export function replying(reply: string | Buffer, { close = true } = {}): ClamdScript {
  return afterStream((socket) => {
    socket.write(reply);
    if (close) socket.end();
  });
}

/**
 * Finds EICAR anywhere, also in base64, and says when nesting exceeds what it would unpack: as clamd does when it is
 * set up well.
 */
export function honest(): ClamdScript {
  const signs = [eicarFile(), Buffer.from(eicarFile().toString('base64').slice(0, 70))];
  return afterStream((socket, stream) => {
    if (signs.some((sign) => stream.includes(sign))) socket.end('stream: Eicar-Test-Signature FOUND\0');
    else if (stream.subarray(0, 2).toString() === 'PK') socket.end('stream: Heuristics.Limits.Exceeded.MaxRecursion FOUND\0');
    else socket.end('stream: OK\0');
  });
}

/** The content of an INSTREAM command; it fails on anything that is none. */
export function unpack(bytes: Buffer): Buffer {
  const command = 'zINSTREAM\0';
  if (bytes.toString('latin1', 0, command.length) !== command) throw new Error('no INSTREAM');
  const chunks: Buffer[] = [];
  let at = command.length;
  while (true) {
    const length = bytes.readUInt32BE(at);
    at += 4;
    if (length === 0) break;
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  if (at !== bytes.length) throw new Error('octets after the end');
  return Buffer.concat(chunks);
}
