import type { Cancellation } from '@vratny/waiting';
import type { Antispam, SpamEnvelope } from '../port.ts';
import type { Probe } from '../probe-mail.ts';
import { probeMail } from '../probe-mail.ts';
import { ScannerFault, toScannerFault } from '../scanner-fault.ts';
import { createPatience } from '../wait.ts';
import { fetchAnswer } from './post.ts';

/** Judges by one server. */
export type JudgeProbe = (probe: Probe, envelope: SpamEnvelope, signal: Cancellation) => ReturnType<Antispam['judge']>;

/** What the check needs to know of one server. */
export interface RspamdCheck {
  /** How the words call it. */
  readonly name: string;
  readonly url: URL;
  /** Octets of the largest message that is sent to it. */
  readonly sizeLimitBytes: number;
  readonly pingMs: number;
  readonly judge: JudgeProbe;
}

const MIB = 1024 * 1024;
const ENVELOPE: SpamEnvelope = {
  sender: 'check@vratny.invalid',
  recipients: ['check@vratny.invalid'],
  clientIp: '127.0.0.1',
  helo: 'vratny.invalid',
  queueId: 'check',
};

/**
 * What is wrong with one rspamd, in words for its operator. Its `task_timeout` cannot be asked for; that a large
 * message is judged can.
 */
export async function checkRspamd(
  { name, url, sizeLimitBytes, pingMs, judge }: RspamdCheck,
  signal: Cancellation,
): Promise<readonly string[]> {
  const say = (problem: string) => [`${name}: ${problem}`];
  try {
    await ping(url, pingMs, signal);
  } catch (error) {
    return say(`does not answer: ${toScannerFault(error, 'unreachable', 'ping').message}`);
  }
  const small = await attempt(judge, probeMail(0, Buffer.from('check')), signal);
  if (small !== undefined) return say(sayRefused(small));
  const large = await attempt(judge, probeMail(sizeLimitBytes, Buffer.from('check')), signal);
  return large === undefined ? [] : say(sayLarge(large, sizeLimitBytes));
}

async function ping(url: URL, pingMs: number, signal: Cancellation): Promise<void> {
  using patience = createPatience(signal, pingMs, 'no answer to /ping');
  const body = await fetchAnswer({ url: new URL('/ping', url), method: 'GET', headers: {}, stallMs: pingMs }, patience.signal);
  if (body.toString('latin1').trim() !== 'pong') throw new ScannerFault('malformed', 'something else than rspamd answers there');
}

async function attempt(judge: JudgeProbe, probe: Probe, signal: Cancellation): Promise<ScannerFault | undefined> {
  try {
    const answer = await judge(probe, ENVELOPE, signal);
    return answer.kind === 'scored' ? undefined : new ScannerFault('refused', answer.reason);
  } catch (error) {
    return toScannerFault(error, 'malformed', 'check');
  }
}

function sayRefused({ kind, message }: ScannerFault): string {
  if (kind === 'refused' && /answers 40[13]\b/u.test(message)) {
    return `refuses the password (${message}): set antispam.password in the site file, or name its normal worker instead of its controller`;
  }
  return `cannot judge a small message: ${message}`;
}

function sayLarge({ kind, message }: ScannerFault, sizeLimitBytes: number): string {
  const size = `a message of ${sizeLimitBytes} octets`;
  const maximum = `"max_message = ${Math.floor(sizeLimitBytes / MIB) + 1}mb;"`;
  const lower = 'or lower antispam.sizeLimit in the site file';
  if (kind === 'timeout') return `is too slow for ${size} (${message}): in local.d/options.inc raise "task_timeout", ${lower}`;
  if (kind === 'cut' || kind === 'too-large' || kind === 'refused') {
    return `does not take ${size} (${message}): in local.d/options.inc set ${maximum}, ${lower}`;
  }
  return `cannot judge ${size}: ${message}`;
}
