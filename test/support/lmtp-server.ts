import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLmtpReader } from './lmtp-reader.ts';

/**
 * What the server does next: writes a text as it is, or an octet at a time; closes the connection (`DROP`); does nothing any more (`HANG`); says 354
 * and reads no more (`DEAF`); or runs a function, and goes on when that has ended.
 */
export type Act = string | { readonly slowly: string; readonly everyMs: number } | ((socket: Socket) => void | Promise<void>);

/** Where a session stands. */
export interface Moment {
  /** Number of the connection, from 1. */
  readonly connection: number;
  /** Messages that this connection took, whatever it answered. */
  readonly messages: number;
  /** RCPTs accepted so far, as written. */
  readonly recipients: readonly string[];
}

/** How the server differs from one that takes everything. Undefined is the usual answer. */
export interface Script {
  readonly greeting?: ((moment: Moment) => Act | undefined) | undefined;
  /** What LHLO lists: {@link FEATURES} unless given. */
  readonly features?: readonly string[] | undefined;
  /** `command` as it was sent, without CRLF. */
  readonly command?: ((command: string, moment: Moment) => Act | undefined) | undefined;
  /** After the final dot: one act for each recipient, or more, or fewer. `bytes`: the message, its dots no longer doubled. */
  readonly dot?: ((recipients: readonly string[], moment: Moment, bytes: Buffer) => readonly Act[] | undefined) | undefined;
  /** Asked with the number of octets that came of the message so far; true closes the connection in the middle of it. */
  readonly cut?: ((octets: number) => boolean) | undefined;
  /** Something came on a connection. */
  readonly heard?: ((connection: number) => void) | undefined;
  /** A connection has ended, whoever closed it. */
  readonly closed?: ((connection: number) => void) | undefined;
}

/** A message that was handed over completely. */
export interface Taken {
  readonly recipients: readonly string[];
  /** Unstuffed. */
  readonly bytes: Buffer;
  /** The recipients that got a 250. */
  readonly acknowledged: readonly string[];
}

/** A running server. */
export interface LmtpServer extends AsyncDisposable {
  readonly server:
    | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
    | { readonly kind: 'unix'; readonly path: string };
  /** 0 on a Unix socket. */
  readonly port: number;
  /** As `delivery` of a site file. */
  readonly url: string;
  readonly taken: readonly Taken[];
  /** Every command of every connection: `1 LHLO mx`. */
  readonly commands: readonly string[];
  readonly connections: () => number;
  /** Connections that are open now. */
  readonly open: () => number;
  /** Closes all connections, as a server does that was restarted. */
  readonly closeAll: () => void;
  /** Closes all connections and listens no more. */
  readonly kill: () => Promise<void>;
  /** Listens again, where it did. */
  readonly revive: () => Promise<void>;
  /** Reads and says nothing any more until `thaw`; connections stay open, and new ones are made. */
  readonly freeze: () => void;
  readonly thaw: () => void;
}

/** How a server is started. */
export interface LmtpServerOptions {
  /** Listens on a free port of 127.0.0.1, or on a socket in a temporary folder. */
  readonly kind?: 'tcp' | 'unix';
  /** Stays open for writing when the client has closed its side. */
  readonly halfOpen?: boolean;
}

const CRLF = '\r\n';
/** What a usual server offers. */
export const FEATURES: readonly string[] = ['8BITMIME', 'ENHANCEDSTATUSCODES', 'PIPELINING'];

/** Starts an LMTP server (RFC 2033), or an SMTP server for a client that says EHLO, that follows a script, for all tests but those that count how many messages a second go out. */
export async function startLmtpServer(script: Script = {}, options: LmtpServerOptions = {}): Promise<LmtpServer> {
  const records: Records = { script, taken: [], commands: [], thawed: undefined };
  const sockets = new Set<Socket>();
  const folder = options.kind === 'unix' ? mkdtempSync(join(tmpdir(), 'vratny-lmtp-')) : undefined;
  const path = folder === undefined ? undefined : join(folder, 'socket');
  let connections = 0;
  let port = 0;
  const listen = async () => {
    const listener = createServer({ noDelay: true, allowHalfOpen: options.halfOpen === true }, (socket) => {
      connections += 1;
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
      serve(socket, connections, records);
    });
    if (path === undefined) listener.listen(port, '127.0.0.1');
    else listener.listen(path);
    await once(listener, 'listening');
    port = portOf(listener);
    return listener;
  };
  let listener = await listen();
  let thaw = (): void => undefined;
  const closeAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const kill = async () => {
    const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
    closeAll();
    await closed;
  };
  return {
    server: path === undefined ? { kind: 'tcp', host: '127.0.0.1', port } : { kind: 'unix', path },
    port,
    url: path === undefined ? `lmtp://127.0.0.1:${port}` : `lmtp+unix:${path}`,
    taken: records.taken,
    commands: records.commands,
    connections: () => connections,
    open: () => sockets.size,
    closeAll,
    kill,
    revive: async () => {
      listener = await listen();
    },
    freeze: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      records.thawed = promise;
      thaw = () => {
        records.thawed = undefined;
        resolve();
      };
    },
    thaw: () => thaw(),
    async [Symbol.asyncDispose]() {
      thaw();
      if (listener.listening) await kill();
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function portOf(listener: Server): number {
  const address = listener.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** What the connections of one server share. */
interface Records {
  readonly script: Script;
  readonly taken: Taken[];
  readonly commands: string[];
  /** While the server is frozen: resolved when it is thawed. */
  thawed: Promise<void> | undefined;
}

function serve(socket: Socket, connection: number, records: Records): void {
  const { script } = records;
  const session = createSession(connection, records, createPerformer(socket, records));
  let reading = Promise.resolve();
  session.begin();
  socket.on('data', (octets: Buffer) => {
    reading = reading.then(async () => {
      await records.thawed;
      script.heard?.(connection);
      // Answers to what came at once go out at once, so that a client reads as often each time.
      socket.cork();
      if (!session.read(octets)) socket.destroy();
      socket.uncork();
    });
  });
  socket.once('close', () => script.closed?.(connection));
}

/** One connection: reads commands and messages, and decides what is answered to each. */
function createSession(connection: number, { script, taken, commands }: Records, say: (act: Act) => void) {
  const reader = createLmtpReader({ command: takeCommand, message: takeMessage, cut: (octets) => script.cut?.(octets) === true });
  let recipients: string[] = [];
  let messages = 0;
  let inTransaction = false;
  /** The client said EHLO: one reply after the final dot is for all recipients. */
  let isSmtp = false;
  const moment = (): Moment => ({ connection, messages, recipients: [...recipients] });

  function takeMessage(bytes: Buffer): void {
    inTransaction = false;
    const to = recipients;
    const acts = script.dot?.(to, moment(), bytes) ?? to.slice(0, isSmtp ? 1 : undefined).map((one) => `250 2.0.0 <${one}> saved${CRLF}`);
    taken.push({ recipients: to, bytes, acknowledged: to.filter((_one, at) => isPositive(acts[isSmtp ? 0 : at])) });
    messages += 1;
    recipients = [];
    acts.forEach(say);
  }
  /** True when a message follows. */
  function takeCommand(command: string): boolean {
    commands.push(`${connection} ${command}`);
    const act = script.command?.(command, moment()) ?? usual(command);
    const verb = verbOf(command);
    if (verb === 'RCPT' && isPositive(act)) recipients.push(/<(.*)>/u.exec(command)?.[1] ?? '');
    if (verb === 'RSET' || verb === 'MAIL') {
      recipients = [];
      inTransaction = verb === 'MAIL' && isPositive(act);
    }
    say(act);
    if (verb === 'QUIT') say('DROP');
    return verb === 'DATA' && typeof act === 'string' && act.startsWith('354');
  }
  function usual(command: string): string {
    const verb = verbOf(command);
    isSmtp ||= verb === 'EHLO';
    if (verb === 'LHLO' || verb === 'EHLO') return encodeLines(['store', ...(script.features ?? FEATURES)]);
    if (verb === 'RCPT' && !inTransaction) return `503 5.5.1 MAIL first${CRLF}`;
    if (verb === 'DATA') return recipients.length === 0 ? `503 5.5.1 no recipients${CRLF}` : `354 go on${CRLF}`;
    return verb === 'QUIT' ? `221 2.0.0 bye${CRLF}` : `250 2.0.0 ${verb} fine${CRLF}`;
  }
  return { begin: () => say(script.greeting?.(moment()) ?? `220 store LMTP${CRLF}`), read: reader.read };
}

const verbOf = (command: string): string => command.slice(0, 4).toUpperCase();

const isPositive = (act: Act | undefined): boolean => typeof act === 'string' && act.startsWith('2');

function encodeLines(lines: readonly string[]): string {
  return lines.map((one, at) => `250${at === lines.length - 1 ? ' ' : '-'}${one}${CRLF}`).join('');
}

/** Performs acts in order. What only writes is written at once while nothing is waited for. */
function createPerformer(socket: Socket, records: Records): (act: Act) => void {
  let waiting = 0;
  let working = Promise.resolve();
  return (act) => {
    if (waiting === 0 && records.thawed === undefined && typeof act === 'string' && act !== 'HANG') return perform(socket, act);
    waiting += 1;
    working = working.then(async () => {
      await records.thawed;
      if (typeof act === 'string') perform(socket, act);
      else if (typeof act === 'function') await act(socket);
      else await writeSlowly(socket, act);
      if (act === 'HANG') await new Promise(() => undefined);
      waiting -= 1;
    });
  };
}

function perform(socket: Socket, act: string): void {
  if (socket.destroyed || act === 'HANG') return;
  if (act === 'DROP') socket.end();
  else if (act === 'DEAF') socket.pause().write(`354 go on${CRLF}`);
  else socket.write(act);
}

/** Writes an octet at a time, until it is all said or nobody is there; false when nobody is there. */
export async function writeSlowly(socket: Socket, { slowly, everyMs }: Extract<Act, { slowly: string }>): Promise<boolean> {
  for (const octet of slowly) {
    await new Promise((resolve) => setTimeout(resolve, everyMs));
    if (!socket.writable) return false;
    socket.write(octet);
  }
  return true;
}
