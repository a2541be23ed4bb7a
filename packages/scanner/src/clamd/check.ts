import { contentOf } from '@vratny/message';
import { NESTING_BEYOND_ANY_LIMIT, SCAN_SIZE_FACTOR } from '../limits.ts';
import type { AntivirusAnswer } from '../port.ts';
import { type Probe, probeMail } from '../probe-mail.ts';
import { type ScannerFault, toScannerFault } from '../scanner-fault.ts';
import { type ClamdAddress, clamdName } from './address.ts';
import { eicarFile } from './eicar.ts';
import { type ScanLimits, scanStream } from './instream.ts';
import { nestedZip } from './nested-zip.ts';

type Finding = AntivirusAnswer | { readonly kind: 'fault'; readonly fault: ScannerFault };
type Scan = (probe: Probe) => Promise<Finding>;

const MIB = 1024 * 1024;
const EXCEEDED = 'Heuristics.Limits.Exceeded.';

/** What is wrong with one clamd, in words for its operator: it is there, knows EICAR, finds it behind the largest message, and says so when it gives up. */
export async function checkClamd(
  address: ClamdAddress,
  largestMessageBytes: number,
  signal: AbortSignal,
  limits: ScanLimits,
): Promise<readonly string[]> {
  const name = clamdName(address);
  const scan: Scan = async (probe) => {
    try {
      return await scanStream(address, probe, signal, limits);
    } catch (error) {
      return { kind: 'fault', fault: toScannerFault(error, 'malformed', 'scan') };
    }
  };
  const missing = await findMissing(scan);
  // Without these the other two would only say the same again.
  const problems = missing === undefined ? await findLimits(scan, largestMessageBytes) : [missing];
  return problems.map((problem) => `${name}: ${problem}`);
}

async function findMissing(scan: Scan): Promise<string | undefined> {
  const found = await scan(probeMail(0, eicarFile()));
  if (found.kind === 'fault') return `cannot scan: ${found.fault.message}`;
  if (found.kind === 'clean')
    return 'does not know the EICAR test file: its signatures are missing, incomplete or not loaded (DatabaseDirectory)';
  return undefined;
}

async function findLimits(scan: Scan, largestMessageBytes: number): Promise<readonly string[]> {
  const large = readLarge(await scan(probeMail(largestMessageBytes, eicarFile())), largestMessageBytes);
  // In every configuration this is nested too deeply: only AlertExceedsMax makes clamd say that it has not seen all of it.
  const silent = (await scan(contentOf(nestedZip(NESTING_BEYOND_ANY_LIMIT)))).kind === 'clean';
  const alert = 'calls clean what exceeds its limits: in clamd.conf set "AlertExceedsMax yes"';
  return [...large, ...(silent ? [alert] : [])];
}

function readLarge(found: Finding, largestMessageBytes: number): readonly string[] {
  const size = `a message of ${largestMessageBytes} octets`;
  // The stream is the message and nothing else; a little more than that makes the numbers round.
  const fileLimit = `${Math.floor(largestMessageBytes / MIB) + 1}M`;
  const scanLimit = `${(Math.floor(largestMessageBytes / MIB) + 1) * SCAN_SIZE_FACTOR}M`;
  const stream = `"StreamMaxLength ${fileLimit}"`;
  const file = `"MaxFileSize ${fileLimit}"`;
  const scan = `"MaxScanSize ${scanLimit}"`;
  if (found.kind === 'clean') {
    return [`does not find EICAR at the far end of ${size}: in clamd.conf set ${file}, ${scan} and "AlertExceedsMax yes"`];
  }
  if (found.kind === 'infected') {
    if (!found.signature.startsWith(EXCEEDED)) return [];
    const limit = found.signature.slice(EXCEEDED.length);
    const lines = limit === 'MaxFileSize' ? file : limit === 'MaxScanSize' ? scan : `${file} and ${scan}`;
    return [`gives up on ${size} (${found.signature}): in clamd.conf set ${lines}`];
  }
  const { kind, message } = found.fault;
  if (kind === 'too-large') return [`refuses ${size}: in clamd.conf set ${stream}`];
  if (kind === 'cut') return [`breaks off at ${size} (${message}): in clamd.conf set ${stream}, ${file} and ${scan}`];
  if (kind === 'timeout' || kind === 'too-long')
    return [`is too slow for ${size} (${message}): it needs a faster machine, or "MaxScanTime" and limits.messageSize a change`];
  return [`cannot scan ${size}: ${message}`];
}
