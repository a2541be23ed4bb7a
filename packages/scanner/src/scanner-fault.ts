import { describeError, quoteText } from '@vratny/text';
import { QUOTE_MAX } from './limits.ts';

/**
 * Why a scanner does not know. `unreachable`: no connection. `timeout`: silent or too slow. `cut`: the connection ended
 * before the answer did. `malformed`: an answer that is none. `refused`: it said that it could not. `too-large`: it
 * said that the message is too large for it. `too-long`: it has the whole message and did not finish with it in time,
 * although it is well: another attempt will not do better. `busy`: too many scans wait on our side. `unreadable`: our
 * own spool could not be read. `aborted`: the caller gave up. `closed`: we are shutting down.
 */
export type ScannerFaultKind =
  | 'unreachable'
  | 'timeout'
  | 'cut'
  | 'malformed'
  | 'refused'
  | 'too-large'
  | 'too-long'
  | 'busy'
  | 'unreadable'
  | 'aborted'
  | 'closed';

/** Nothing is known about the message. The text is one line for the log; it never goes to a stranger. */
export class ScannerFault extends Error {
  override readonly name = 'ScannerFault';
  readonly kind: ScannerFaultKind;

  constructor(kind: ScannerFaultKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Anything thrown, as a fault. */
export function toScannerFault(error: unknown, kind: ScannerFaultKind, what: string): ScannerFault {
  if (error instanceof ScannerFault) return error;
  return new ScannerFault(kind, `${what}: ${describeError(error)}`, { cause: error });
}

/** A fault whose text ends in a daemon's own words: printable US-ASCII, bounded, in quotation marks. */
export function faultQuoting(kind: ScannerFaultKind, what: string, words: Buffer | string): ScannerFault {
  const text = typeof words === 'string' ? words : words.toString('latin1', 0, 4 * QUOTE_MAX);
  return new ScannerFault(kind, `${what} ${quoteText(text, QUOTE_MAX)}`);
}
