import { createServer, type Server, type Socket } from 'node:net';
import { StartProblem } from '@vratny/adapters';
import type { ListenAddress } from './flags.ts';

/** The listening sockets, which the primary owns: they outlive every worker. */
export interface Sockets {
  /** Where they listen, with the real ports. */
  readonly addresses: readonly ListenAddress[];
  close(): void;
}

/** Listens everywhere, or nowhere. Clients come paused, for a worker to read. @throws StartProblem */
export async function openSockets(listen: readonly ListenAddress[], onClient: (socket: Socket) => void): Promise<Sockets> {
  const servers: Server[] = [];
  const close = () => {
    for (const server of servers) server.close();
  };
  try {
    for (const at of listen) {
      const server = await open(at, onClient);
      if (server) servers.push(server);
    }
  } catch (error) {
    close();
    throw error;
  }
  return { addresses: servers.map(addressOf), close };
}

function open(at: ListenAddress, onClient: (socket: Socket) => void): Promise<Server | undefined> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, onClient);
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const problem = listenProblem(at, error);
      if (problem === undefined) resolve(undefined);
      else reject(problem);
    });
    // Without ipv6Only, `::` would take the IPv4 port as well, and 0.0.0.0 beside it could not be had.
    server.listen({ port: at.port, host: at.host, ipv6Only: at.host.includes(':') }, () => {
      server.removeAllListeners('error');
      // No descriptors left, for one: the client is lost, the socket is not.
      server.on('error', () => undefined);
      resolve(server);
    });
  });
}

function addressOf(server: Server): ListenAddress {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server that listens has an address and a port');
  return { host: address.address, port: address.port };
}

/** An address as the command line writes it. */
export function formatAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Why an address could not be had; undefined where it does not matter, since this machine has no such addresses at all. */
export function listenProblem(at: ListenAddress, error: Error): StartProblem | undefined {
  if (at.ifThere && WITHOUT_SUCH_ADDRESSES.has(codeOf(error))) return undefined;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens there already',
    EACCES: 'this user may not listen there (ports below 1024 need CAP_NET_BIND_SERVICE)',
    EADDRNOTAVAIL: 'this machine has no such address',
    EAFNOSUPPORT: 'this machine has no addresses of that kind',
    ENOTFOUND: 'there is no such host',
  };
  return new StartProblem(`cannot listen on ${formatAddress(at)}: ${reasons[codeOf(error)] ?? error.message}`);
}

/** What a machine without IPv6 says. */
const WITHOUT_SUCH_ADDRESSES: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL']);

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}
