import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { findProgram } from '@vratny/daemons';
import { FOREIGN_RECIPIENT, RECIPIENT } from './server.ts';

/** What clients do in a row of the benchmark. */
export interface Work {
  readonly sessions: number;
  readonly sizeBytes: number;
  /** Several messages go over a connection, or each has its own. */
  readonly connections: 'kept' | 'one each';
  /** `refused`: the recipient's domain is not served, and the reply to RCPT says so. */
  readonly ends: 'delivered' | 'refused';
  readonly tls: boolean;
  /** Domains of senders that are used in turn. */
  readonly senders: number;
}

/** How long clients took, and what they waited for one message, where that was measured. */
export interface Sent {
  readonly ms: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

/** Sends so many messages to a server of this machine. Rejects when they do not end as the work says, and when the signal is aborted. */
export function send(port: number, work: Work, messages: number, signal: AbortSignal): Promise<Sent> {
  return work.tls || work.senders > 1 ? sendByClients(port, work, messages, signal) : sendBySource(port, work, messages, signal);
}

/** Sends one message by clients that look at every reply: a server that answers otherwise than the work expects is not measured. */
export async function tryOnce(port: number, work: Work, signal: AbortSignal): Promise<void> {
  await sendByClients(port, work, 1, signal);
}

/** Postfix's own load generator: C, so that it takes little of the machine, and nobody's favourite here. */
async function sendBySource(port: number, work: Work, messages: number, signal: AbortSignal): Promise<Sent> {
  const refused = work.ends === 'refused';
  const args = [
    ...['-s', String(Math.min(work.sessions, messages)), '-m', String(messages), '-l', String(work.sizeBytes)],
    ...(work.connections === 'kept' ? ['-d'] : []),
    // It stops at the first refusal otherwise.
    ...(refused ? ['-A'] : []),
    ...['-f', 'a@sender1.cz', '-t', refused ? FOREIGN_RECIPIENT : RECIPIENT, `127.0.0.1:${port}`],
  ];
  const startedAt = performance.now();
  // It says a line for each refusal, which nobody reads.
  const child = spawn(findProgram('smtp-source') ?? 'smtp-source', args, { stdio: ['ignore', 'ignore', refused ? 'ignore' : 'pipe'] });
  using _ending = endWith(child, signal);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => (said = (said + piece).slice(-2_000)));
  const [code] = await once(child, 'close');
  if (code !== 0 || said !== '') throw new Error(`smtp-source ended with ${code}: ${said}`);
  return { ms: performance.now() - startedAt };
}

/** Our own clients, in a process of their own: they speak TLS, change senders, and say how long each message took. */
async function sendByClients(port: number, work: Work, messages: number, signal: AbortSignal): Promise<Sent> {
  const program = join(import.meta.dirname, 'clients.ts');
  const child = spawn(process.execPath, [program, JSON.stringify({ ...work, port, messages })], { stdio: ['ignore', 'pipe', 'pipe'] });
  using _ending = endWith(child, signal);
  let output = '';
  let trouble = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (output += piece));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (trouble = (trouble + piece).slice(-2_000)));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the clients ended with ${code}: ${trouble}`);
  const sent: unknown = JSON.parse(output);
  if (!isSent(sent)) throw new Error(`the clients said: ${output}`);
  return sent;
}

/** Ends a program when the signal is aborted; disposing ends the watch. */
function endWith(child: ChildProcess, signal: AbortSignal): Disposable {
  const end = () => void child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', end) };
}

function isSent(value: unknown): value is Sent {
  return typeof value === 'object' && value !== null && 'ms' in value && typeof value.ms === 'number';
}
