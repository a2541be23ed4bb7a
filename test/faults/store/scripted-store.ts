import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { KeptCopy } from './kept-copy.ts';
import { type Ground, serveLmtp } from './lmtp-session.ts';
import type { Script } from './treatment.ts';

/** An LMTP store that follows a script, and can be killed and frozen. What it kept it has for ever, whether it could say so or not. */
export interface ScriptedStore extends AsyncDisposable {
  readonly port: number;
  /** As `delivery` of a site file. */
  readonly url: string;
  /** In the order in which it kept them. */
  readonly kept: readonly KeptCopy[];
  /** Breaks all connections and listens no more; what was kept stays. */
  kill(): Promise<void>;
  /** Listens again, where it did. */
  revive(): Promise<void>;
  /** Does nothing any more until `thaw`; connections stay open, and new ones are made. */
  freeze(): void;
  thaw(): void;
}

/** Starts one on a free port of this machine. */
export async function startScriptedStore(script: Script = () => ({})): Promise<ScriptedStore> {
  const kept: KeptCopy[] = [];
  const sockets = new Set<Socket>();
  const handOvers = new Map<string, number>();
  let thawed = Promise.withResolvers<void>();
  thawed.resolve();
  const ground: Ground = {
    treat(message) {
      const nth = (handOvers.get(message.token ?? '') ?? 0) + 1;
      handOvers.set(message.token ?? '', nth);
      return script({ ...message, nth });
    },
    keep: (copy) => void kept.push(copy),
    thawed: () => thawed.promise,
  };
  const listen = async (port: number) => {
    const server = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
      serveLmtp(socket, ground);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  let server = await listen(0);
  const port = portOf(server);
  const kill = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    port,
    url: `lmtp://127.0.0.1:${port}`,
    kept,
    kill,
    revive: async () => {
      server = await listen(port);
    },
    freeze: () => {
      thawed = Promise.withResolvers();
    },
    thaw: () => thawed.resolve(),
    [Symbol.asyncDispose]: async () => {
      thawed.resolve();
      if (server.listening) await kill();
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('a TCP server has a port');
  return address.port;
}
