import { SIGNATURE_MAX } from '../limits.ts';
import type { AntivirusAnswer } from '../port.ts';
import { quoteWords } from '../quote.ts';
import { ScannerFault } from '../scanner-fault.ts';

/** Printable US-ASCII. A name that starts or ends in a space, or is empty, is none. */
const FOUND = /^stream: ([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?) FOUND$/u;
/** The one limit that another attempt may not meet: the machine was busy. */
const OUT_OF_TIME = 'Heuristics.Limits.Exceeded.MaxScanTime';
const TOO_LARGE = /^INSTREAM size limit exceeded\b/u;

/** Everything that clamd sent, as an answer (clamd(8): a `z` command's reply ends in NUL). Throws `ScannerFault` for all but two forms. */
export function readAnswer(bytes: Buffer): AntivirusAnswer {
  const end = bytes.indexOf(0);
  if (bytes.length === 0) throw new ScannerFault('cut', 'closed without a reply');
  if (end < 0) throw new ScannerFault('cut', `closed in the middle of its reply ${quoteWords(bytes)}`);
  if (end !== bytes.length - 1) throw new ScannerFault('malformed', `more than one reply: ${quoteWords(bytes)}`);
  const text = bytes.toString('latin1', 0, end);
  if (text === 'stream: OK') return { kind: 'clean' };
  const signature = FOUND.exec(text)?.[1];
  if (signature === undefined || signature.length > SIGNATURE_MAX) throw otherwise(text);
  if (signature === OUT_OF_TIME) throw new ScannerFault('timeout', 'did not finish within its own MaxScanTime');
  return { kind: 'infected', signature };
}

function otherwise(text: string): ScannerFault {
  if (TOO_LARGE.test(text)) return new ScannerFault('too-large', `says ${quoteWords(text)}`);
  if (text.endsWith(' ERROR') || text === 'ERROR' || text.startsWith('COMMAND ')) {
    return new ScannerFault('refused', `says ${quoteWords(text)}`);
  }
  return new ScannerFault('malformed', `a reply that is none: ${quoteWords(text)}`);
}
