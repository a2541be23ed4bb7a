import { crc32 } from 'node:zlib';
import { contentOf } from '@vratny/message';
import type { Cancellation } from '@vratny/waiting';
import { NESTING_BEYOND_ANY_LIMIT, SCAN_SIZE_FACTOR } from '../limits.ts';
import type { AntivirusAnswer } from '../port.ts';
import { type Probe, probeMail } from '../probe-mail.ts';
import { type ScannerFault, toScannerFault } from '../scanner-fault.ts';
import { type ClamdAddress, clamdName, type ScanLimits, scanStream } from './instream.ts';

type Finding = AntivirusAnswer | { readonly kind: 'fault'; readonly fault: ScannerFault };
type Scan = (probe: Probe) => Promise<Finding>;

const MIB = 1024 * 1024;
const EXCEEDED = 'Heuristics.Limits.Exceeded.';

/**
 * What is wrong with one clamd, in words for its operator: it is there, knows EICAR, finds it behind the largest
 * message, and says so when it gives up.
 */
export async function checkClamd(
  address: ClamdAddress,
  largestMessageBytes: number,
  signal: Cancellation,
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
  // In every configuration this is nested too deeply: only AlertExceedsMax makes clamd say that it has not seen all of
  // it.
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

const NAME = Buffer.from('a', 'latin1');
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
/** 1980-01-01, the first day that a zip can name. */
const DATE = 0x21;

/** A zip in a zip in a zip, `depth` times, without compression (APPNOTE.TXT 4.3): about 110 octets for each. */
function nestedZip(depth: number): Buffer {
  let file: Buffer = Buffer.from('nothing', 'latin1');
  for (let level = 0; level < depth; level += 1) file = zipOf(file);
  return file;
}

function zipOf(file: Buffer): Buffer {
  // What local and central headers share: version, flags, method, time, date, CRC, both sizes, the lengths of name and
  // extra field.
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(10, 0);
  shared.writeUInt16LE(DATE, 8);
  shared.writeUInt32LE(crc32(file), 10);
  shared.writeUInt32LE(file.length, 14);
  shared.writeUInt32LE(file.length, 18);
  shared.writeUInt16LE(NAME.length, 22);
  const local = Buffer.concat([word(LOCAL), shared, NAME, file]);
  // The central one has "made by" before, and comment, disk, attributes and offset after it.
  const central = Buffer.concat([word(CENTRAL), Buffer.from([10, 0]), shared, Buffer.alloc(14), NAME]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, word(END), end]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/**
 * The test file of EICAR, the European Institute for Computer Antivirus Research: harmless, and known to every virus
 * scanner.
 */
export function eicarFile(): Buffer {
  // In two halves, so that no scanner finds this source, nor a bundle of it.
  const halves = ['X5O!P%@AP[4\\PZX54(P^)7CC)', '7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'];
  return Buffer.from(halves.join(''), 'latin1');
}
