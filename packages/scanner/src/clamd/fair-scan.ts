import type { Cancellation } from '@vratny/waiting';
import type { AntivirusAnswer } from '../port.ts';
import { type Probe, probeMail } from '../probe-mail.ts';
import { ScannerFault, toScannerFault } from '../scanner-fault.ts';
import { type ClamdAddress, type ScanLimits, scanStream } from './instream.ts';

/** Deadlines of a scan, and of the harmless one that it is compared with. */
export interface FairScanLimits extends ScanLimits {
  /** The harmless message: so many milliseconds, and so many more for each MiB. */
  readonly harmlessMs: number;
  readonly harmlessMsPerMib: number;
}

const NOTHING_BAD = Buffer.from('nothing', 'latin1');

/**
 * As {@link scanStream}, but `too-long` is certain: only when clamd, asked at once on a second connection, scans a
 * harmless message of the same size in a fraction of that time. It waits there for a free thread as the first one did.
 * So a clamd that hangs, waits for its signatures or has too much to do is a `timeout`; that it answers PING would show
 * none of this, since another thread does.
 */
export async function scanFairly(
  address: ClamdAddress,
  content: Probe,
  signal: Cancellation,
  limits: FairScanLimits,
): Promise<AntivirusAnswer> {
  try {
    return await scanStream(address, content, signal, limits);
  } catch (error) {
    const fault = toScannerFault(error, 'malformed', 'scan');
    if (fault.kind !== 'too-long') throw fault;
    const doubt = await compare(address, content.sizeBytes, signal, limits);
    if (doubt !== undefined) throw new ScannerFault('timeout', `${fault.message}, and ${doubt}`, { cause: fault });
    throw new ScannerFault('too-long', `${fault.message}, although a harmless message of that size is quickly scanned`, { cause: fault });
  }
}

/** Why it may be clamd rather than the message; undefined when it is not. */
async function compare(
  address: ClamdAddress,
  sizeBytes: number,
  signal: Cancellation,
  limits: FairScanLimits,
): Promise<string | undefined> {
  const { harmlessMs: scanMs, harmlessMsPerMib: scanMsPerMib } = limits;
  try {
    const answer = await scanStream(address, probeMail(sizeBytes, NOTHING_BAD), signal, { ...limits, scanMs, scanMsPerMib });
    return answer.kind === 'clean' ? undefined : `a harmless message is called ${answer.signature}`;
  } catch (error) {
    const fault = toScannerFault(error, 'malformed', 'scan');
    // The caller gave up, or we are shutting down: neither says anything about clamd.
    if (fault.kind === 'aborted' || fault.kind === 'closed') throw fault;
    return `with a harmless message: ${fault.message}`;
  }
}
