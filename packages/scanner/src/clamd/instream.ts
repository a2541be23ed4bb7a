import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openSocket } from '@vratny/client';
import type { Content } from '@vratny/message';
import type { Cancellation } from '@vratny/waiting';
import { CLAMD_REPLY_MAX, CONNECT_MS, SIGNATURE_MAX } from '../limits.ts';
import type { AntivirusAnswer } from '../port.ts';
import { faultQuoting, ScannerFault, toScannerFault } from '../scanner-fault.ts';
import { createPatience, createScanPatience, orAborted } from '../wait.ts';

/** Deadlines of one scan, in milliseconds. */
export interface ScanLimits {
  /** The whole scan: so much, and so much more for each MiB. */
  readonly scanMs: number;
  readonly scanMsPerMib: number;
  /** How long clamd may take none of the octets that we have for it. */
  readonly stallMs: number;
  /** How long it may keep the connection open after its reply. */
  readonly closeMs: number;
}

const COMMAND = Buffer.from('zINSTREAM\0', 'latin1');
const END = Buffer.alloc(4);

/** As much as a message gives at once. */
const BLOCK_BYTES = 64 * 1024;

/**
 * One scan by one clamd: INSTREAM of clamd(8), chunks with a length of 4 octets in network order before each, one of
 * length 0 at the end. Rejects with `ScannerFault` unless clamd, having been given everything, sends exactly one reply
 * that we understand and closes. `too-long` is not more than a suspicion here: clamd has the whole message, and no
 * answer in time.
 */
export async function scanStream(
  address: ClamdAddress,
  content: Pick<Content, 'sizeBytes' | 'read'>,
  signal: Cancellation,
  limits: ScanLimits,
): Promise<AntivirusAnswer> {
  using patience = createScanPatience(
    signal,
    { fixedMs: limits.scanMs, perMibMs: limits.scanMsPerMib, sizeBytes: content.sizeBytes },
    'no reply',
  );
  using connection = await openConnection(address, patience.signal, limits.stallMs);
  const complete = await send(connection, content, patience.signal);
  try {
    // Whatever is no answer ends it here, with clamd's own words if there are any.
    readAnswer(await orAborted(connection.incoming.terminated, patience.signal));
  } catch (error) {
    throw complete ? toTooLong(error) : error;
  }
  if (!complete) throw new ScannerFault('malformed', 'replied before it had the whole message');
  using parting = createPatience(patience.signal, limits.closeMs, 'sent a reply, but did not close the connection');
  return readAnswer(await orAborted(connection.incoming.closed, parting.signal));
}

/** Too late with everything in hand is another thing than too slow to take it. */
function toTooLong(error: unknown): unknown {
  if (!(error instanceof ScannerFault) || error.kind !== 'timeout') return error;
  return new ScannerFault('too-long', error.message, { cause: error });
}

/** False when clamd replied before it had everything; writing has stopped then. */
async function send(connection: Connection, content: Pick<Content, 'sizeBytes' | 'read'>, signal: Cancellation): Promise<boolean> {
  if (!(await connection.write([COMMAND]))) return false;
  // `write` waits until the system has the octets, so one block serves for all of them; after its first false nothing
  // is read into it.
  const block = Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, Math.max(1, content.sizeBytes)));
  const chunks = content.read(undefined, block)[Symbol.asyncIterator]();
  let sent = 0;
  try {
    while (true) {
      const next = await orAborted(chunks.next(), signal);
      if (next.done === true) break;
      const chunk = next.value;
      // A chunk of length 0 would be the end.
      if (chunk.length === 0) continue;
      const length = Buffer.alloc(4);
      length.writeUInt32BE(chunk.length);
      if (!(await connection.write([length, chunk]))) return false;
      sent += chunk.length;
    }
  } catch (error) {
    throw toScannerFault(error, 'unreadable', 'the message cannot be read');
  } finally {
    // Not awaited: a disk that hangs must not hold the scan, and there is nothing left to learn.
    void chunks.return?.()?.catch(() => undefined);
  }
  if (sent !== content.sizeBytes)
    throw new ScannerFault('unreadable', `the message has ${content.sizeBytes} octets, ${sent} could be read`);
  return connection.finish(END);
}

/** Printable US-ASCII. A name that starts or ends in a space, or is empty, is none. */
const FOUND = /^stream: ([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?) FOUND$/u;
/** The one limit that another attempt may not meet: the machine was busy. */
const OUT_OF_TIME = 'Heuristics.Limits.Exceeded.MaxScanTime';
const TOO_LARGE = /^INSTREAM size limit exceeded\b/u;

/**
 * Everything that clamd sent, as an answer (clamd(8): a `z` command's reply ends in NUL). Throws `ScannerFault` for all
 * but two forms.
 */
function readAnswer(bytes: Buffer): AntivirusAnswer {
  const end = bytes.indexOf(0);
  if (bytes.length === 0) throw new ScannerFault('cut', 'closed without a reply');
  if (end < 0) throw faultQuoting('cut', 'closed in the middle of its reply', bytes);
  if (end !== bytes.length - 1) throw faultQuoting('malformed', 'more than one reply:', bytes);
  const text = bytes.toString('latin1', 0, end);
  if (text === 'stream: OK') return { kind: 'clean' };
  const signature = FOUND.exec(text)?.[1];
  if (signature === undefined || signature.length > SIGNATURE_MAX) throw otherwise(text);
  if (signature === OUT_OF_TIME) throw new ScannerFault('timeout', 'did not finish within its own MaxScanTime');
  return { kind: 'infected', signature };
}

function otherwise(text: string): ScannerFault {
  if (TOO_LARGE.test(text)) return faultQuoting('too-large', 'says', text);
  if (text.endsWith(' ERROR') || text === 'ERROR' || text.startsWith('COMMAND ')) {
    return faultQuoting('refused', 'says', text);
  }
  return faultQuoting('malformed', 'a reply that is none:', text);
}

/** Where a clamd listens. */
export type ClamdAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** The address as the site file writes it. */
export function clamdName(address: ClamdAddress): string {
  if (address.kind === 'unix') return `clamd unix:${address.path}`;
  return `clamd tcp://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

/** A connection to clamd: one command, one reply. Every wait ends when its signal is aborted. */
interface Connection extends Disposable {
  readonly incoming: Incoming;
  /**
   * Hands octets to the system; resolves when it has taken all, and they may be overwritten. False when clamd has
   * spoken: it does not want any more, and the octets may still be in use.
   */
  write(octets: readonly Buffer[]): Promise<boolean>;
  /** Hands over the last octets without waiting. False when clamd had spoken before. */
  finish(octets: Buffer): Promise<boolean>;
}

/** Opens one. `stallMs` is how long clamd may take nothing at all. Rejects with `ScannerFault`; so does `write`. */
async function openConnection(address: ClamdAddress, signal: Cancellation, stallMs: number): Promise<Connection> {
  const where = address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
  // Without noDelay the last four octets would wait for an acknowledgement of the rest (40 ms).
  const socket = openSocket({ ...where, noDelay: true });
  const incoming = gather(socket);
  try {
    await connected(socket, signal);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return {
    incoming,
    write: (octets) => write(socket, octets, incoming, signal, stallMs),
    async finish(octets) {
      // What has arrived already gets its chance to be seen: a reply to half a message must not pass as one to all of
      // it.
      await nextTurn();
      if (incoming.hasBegun()) return false;
      socket.write(octets);
      return true;
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

async function connected(socket: Socket, signal: Cancellation): Promise<void> {
  using patience = createPatience(signal, CONNECT_MS, 'no connection');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('connect', resolve);
  socket.once('error', (error) => reject(new ScannerFault('unreachable', `no connection: ${error.message}`, { cause: error })));
  await orAborted(promise, patience.signal);
}

async function write(
  socket: Socket,
  octets: readonly Buffer[],
  incoming: Incoming,
  signal: Cancellation,
  stallMs: number,
): Promise<boolean> {
  if (incoming.hasBegun()) return false;
  using patience = createPatience(signal, stallMs, 'takes nothing: no octet was accepted');
  const { promise, resolve } = Promise.withResolvers<void>();
  incoming.onBegin(resolve);
  // A connection that breaks calls back too; then the end of what comes in wakes us.
  const taken = (error?: Error | null) => {
    if (!error) resolve();
  };
  // One system call for the length and the octets.
  socket.cork();
  for (const [index, part] of octets.entries()) socket.write(part, index === octets.length - 1 ? taken : undefined);
  socket.uncork();
  await orAborted(promise, patience.signal);
  return !incoming.hasBegun();
}

/** What clamd sends, gathered. */
interface Incoming {
  /** True once anything came, be it the end. */
  hasBegun(): boolean;
  /** Called once, when the first octet or the end comes. */
  onBegin(wake: () => void): void;
  /** Everything up to the first NUL and whatever came with it. Rejects when the connection ends before. */
  readonly terminated: Promise<Buffer>;
  /** Everything, once clamd has closed its side. */
  readonly closed: Promise<Buffer>;
}

/** Gathers what a socket brings, at most {@link CLAMD_REPLY_MAX} octets. */
function gather(socket: Socket): Incoming {
  const terminated = Promise.withResolvers<Buffer>();
  const closed = Promise.withResolvers<Buffer>();
  // Who waits for one may never have come to wait for the other.
  for (const { promise } of [terminated, closed]) promise.catch(() => undefined);
  let bytes: Buffer = Buffer.alloc(0);
  let begun = false;
  let wake: () => void = () => undefined;
  const begin = () => {
    begun = true;
    wake();
  };
  const onBegin = (call: () => void) => {
    wake = call;
  };
  const fail = (fault: ScannerFault) => {
    terminated.reject(fault);
    closed.reject(fault);
    begin();
  };
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length > CLAMD_REPLY_MAX) {
      fail(new ScannerFault('malformed', `a reply of more than ${CLAMD_REPLY_MAX} octets`));
      socket.destroy();
      return;
    }
    if (bytes.includes(0)) terminated.resolve(bytes);
    begin();
  });
  socket.once('end', () => {
    terminated.reject(new ScannerFault('cut', bytes.length === 0 ? 'closed without a reply' : 'closed in the middle of its reply'));
    closed.resolve(bytes);
    begin();
  });
  socket.once('error', (error) => fail(new ScannerFault('cut', `the connection broke: ${error.message}`, { cause: error })));
  socket.once('close', () => fail(new ScannerFault('cut', 'the connection was closed')));
  return { hasBegun: () => begun, onBegin, terminated: terminated.promise, closed: closed.promise };
}
