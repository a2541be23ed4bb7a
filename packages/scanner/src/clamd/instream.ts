import type { Content } from '@vratny/message';
import type { Cancellation } from '@vratny/waiting';
import { SIGNATURE_MAX } from '../limits.ts';
import type { AntivirusAnswer } from '../port.ts';
import { faultQuoting, ScannerFault, toScannerFault } from '../scanner-fault.ts';
import { createPatience, createScanPatience, orAborted } from '../wait.ts';
import { type ClamdAddress, type Connection, openConnection } from './connection.ts';

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
