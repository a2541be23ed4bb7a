import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** What holding connections cost. */
export interface TarpitLoad {
  readonly connections: number;
  /** Growth of the server processes' resident memory. */
  readonly grownBytes: number;
  readonly bytesPerConnection: number;
  readonly servers: number;
}

/** How much is asked for. */
export interface TarpitLoadOptions {
  readonly connections: number;
  /** Client processes for each server. */
  readonly clients: number;
  /** Server processes: more than one where a process may not have that many descriptors. */
  readonly servers: number;
  readonly delayMs: number;
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** A child process that is spoken to by lines. */
interface Partner {
  readonly ask: (line?: string) => Promise<string>;
  readonly end: () => Promise<void>;
}

/** Opens the connections, holds them, measures and lets go. */
export async function loadTarpit(options: TarpitLoadOptions): Promise<TarpitLoad> {
  const started: Partner[] = [];
  const start = (script: string, ...args: readonly (string | number)[]): Partner => {
    const partner = startPartner(script, args);
    started.push(partner);
    return partner;
  };
  try {
    const servers = Array.from({ length: options.servers }, () => start('tarpit-process.ts', options.delayMs));
    const ports = await Promise.all(servers.map((server) => server.ask()));
    // A few connections first: what the first one brings into memory belongs to the process, not to each.
    await Promise.all(ports.map((port) => start('tarpit-clients.ts', port, 1, 50).ask()));
    const before = await measure(servers);
    const perClient = Math.ceil(options.connections / options.servers / options.clients);
    const clients = ports.flatMap((port) =>
      Array.from({ length: options.clients }, (_, i) => start('tarpit-clients.ts', port, 2 + i, perClient)),
    );
    await Promise.all(clients.map((client) => client.ask()));
    const after = await measure(servers);
    const connections = after.connections - before.connections;
    const grownBytes = after.bytes - before.bytes;
    return { connections, grownBytes, bytesPerConnection: Math.round(grownBytes / connections), servers: options.servers };
  } finally {
    await Promise.all(started.reverse().map((partner) => partner.end()));
  }
}

async function measure(servers: readonly Partner[]): Promise<{ readonly bytes: number; readonly connections: number }> {
  const lines = await Promise.all(servers.map((server) => server.ask('measure')));
  const numbers = lines.map((line) => line.split(' ').map(Number));
  const sum = (at: 0 | 1) => numbers.reduce((total, one) => total + (one[at] ?? Number.NaN), 0);
  return { bytes: sum(0), connections: sum(1) };
}

function startPartner(script: string, args: readonly (string | number)[]): Partner {
  const path = new URL(script, import.meta.url).pathname;
  const child: Child = spawn(process.execPath, ['--expose-gc', path, ...args.map(String)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  // A partner that has died cannot be told anything; asking it says so.
  child.stdin.on('error', () => undefined);
  return {
    ask: async (line) => {
      if (line !== undefined) child.stdin.write(`${line}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${script} ended before it answered`);
      return value;
    },
    end: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
