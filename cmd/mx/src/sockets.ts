import { lookup } from 'node:dns/promises';
import { _createServerHandle, isIPv6 } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { EXIT_CONFIG, EXIT_TEMPORARY, StartProblem } from '@vratny/adapters';
import type { ListenAddress } from './flags.ts';

/** The sockets, which the primary owns: they outlive every worker. Workers listen and accept on their descriptors. */
export interface Sockets {
  /** Where they are bound, with the real ports. */
  readonly addresses: readonly ListenAddress[];
  readonly descriptors: readonly number[];
  close(): void;
}

/**
 * Takes over sockets that systemd bound and handed over as these descriptors. Closing them here leaves them open there: clients wait until somebody listens
 * again. @throws StartProblem
 */
export function adoptSockets(descriptors: readonly number[]): Sockets {
  const bound = descriptors.map(adopt);
  return {
    addresses: bound.map(({ address }) => address),
    descriptors: bound.map(({ handle }) => handle.fd),
    close: () => {
      for (const { handle } of bound) handle.close();
    },
  };
}

function adopt(descriptor: number): Bound {
  let handle: import('node:net').BoundHandle | number;
  try {
    handle = _createServerHandle(null, null, null, descriptor);
  } catch (error) {
    throw notATcpSocket(descriptor, error);
  }
  const name: { address?: string; port?: number } = {};
  // A pipe has no such method.
  if (typeof handle === 'number' || typeof handle.getsockname !== 'function') throw notATcpSocket(descriptor);
  if (handle.getsockname(name) !== 0 || name.port === undefined) throw notATcpSocket(descriptor);
  return { handle, address: { host: name.address ?? '', port: name.port } };
}

/** What was handed over cannot be listened on. */
export function notATcpSocket(descriptor: number, cause?: unknown): StartProblem {
  const problem = `systemd handed over descriptor ${descriptor}, which is no TCP socket: ListenStream= of the socket unit names an address and a port`;
  return new StartProblem(problem, undefined, { cause });
}

/** Without it, `::` would take the IPv4 port as well, and 0.0.0.0 beside it could not be had. */
const IPV6_ONLY = 1;

/** Binds everywhere, or nowhere. Nobody listens yet. @throws StartProblem */
export async function bindSockets(listen: readonly ListenAddress[]): Promise<Sockets> {
  const bound: Bound[] = [];
  const close = () => {
    for (const { handle } of bound) handle.close();
  };
  try {
    for (const at of listen) {
      const one = await bind(at);
      if (one) bound.push(one);
    }
  } catch (error) {
    close();
    throw error;
  }
  return { addresses: bound.map(({ address }) => address), descriptors: bound.map(({ handle }) => handle.fd), close };
}

interface Bound {
  readonly handle: import('node:net').BoundHandle;
  readonly address: ListenAddress;
}

async function bind(at: ListenAddress): Promise<Bound | undefined> {
  const host = await addressOf(at);
  const v6 = isIPv6(host);
  const handle = _createServerHandle(host, at.port, v6 ? 6 : 4, undefined, v6 ? IPV6_ONLY : 0);
  if (typeof handle === 'number') return refuse(at, handle);
  const name: { address?: string; port?: number } = {};
  const failed = handle.getsockname(name);
  if (failed !== 0) {
    handle.close();
    return refuse(at, failed);
  }
  return { handle, address: { host: name.address ?? host, port: name.port ?? at.port } };
}

async function addressOf(at: ListenAddress): Promise<string> {
  try {
    return (await lookup(at.host)).address;
  } catch (error) {
    throw listenProblem(at, error instanceof Error ? error : new Error(String(error))) ?? error;
  }
}

function refuse(at: ListenAddress, failed: number): undefined {
  const code = getSystemErrorName(failed);
  const problem = listenProblem(at, Object.assign(new Error(code), { code }));
  if (problem) throw problem;
  return undefined;
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
  const exitCode = LATER.has(codeOf(error)) ? EXIT_TEMPORARY : EXIT_CONFIG;
  return new StartProblem(`cannot listen on ${formatAddress(at)}: ${reasons[codeOf(error)] ?? error.message}`, exitCode);
}

/** What may be gone at another time: the program before this one has not ended, an address is not set up yet, too many files are open. */
const LATER: ReadonlySet<string> = new Set(['EADDRINUSE', 'EADDRNOTAVAIL', 'EMFILE', 'ENFILE']);

/** What a machine without IPv6 says. */
const WITHOUT_SUCH_ADDRESSES: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL']);

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}
