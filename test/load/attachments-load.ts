import { once } from 'node:events';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { zerosZip, zipOfNames, zipTree } from '../corpus/archives/large.ts';
import { quineZip } from '../corpus/archives/quine.ts';
import { attachedFile, lines } from '../corpus/case.ts';
import { RECIPIENT } from '../corpus/send.ts';
import type { RunningMx } from '../harness/mx.ts';
import { residentOfMx } from './resident.ts';

const MIB = 1024 * 1024;
const SAMPLE_MS = 50;
/** The budget after the final dot is 120 s; then the server must have answered. */
const REPLY_MS = 130_000;

/** A message that is made to cost. */
export interface CostlyMessage {
  readonly what: string;
  make(): Buffer;
}

/** What the issue names. */
export const COSTLY: readonly CostlyMessage[] = [
  { what: '100 MB message', make: () => attachedFile('film.mp4', Buffer.alloc(73 * MIB, 'vratny film ')) },
  { what: '10,000 parts', make: () => manyParts(10_000) },
  {
    what: '300,000 header lines',
    make: () => lines('Subject: x', Array.from({ length: 300_000 }, (_, index) => `X-${index}: y`).join('\r\n'), '', 'z'),
  },
  { what: 'zip of 60,000 names', make: () => attachedFile('names.zip', zipOfNames(60_000)) },
  { what: '42.zip', make: () => attachedFile('42.zip', zipTree(16, 5, 64 * MIB)) },
  { what: '10 GB of zeros', make: () => attachedFile('zeros.zip', zerosZip(10_240 * MIB)) },
  { what: 'quine zip', make: () => attachedFile('quine.zip', quineZip()) },
];

function manyParts(count: number): Buffer {
  const parts = Array.from({ length: count }, (_, index) => `--b\r\nContent-Type: image/png; name=${index}.png\r\n\r\nx`);
  return lines('Subject: x', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b', '', parts.join('\r\n'), '--b--');
}

/** What one message did to a running mx. */
export interface Cost {
  readonly what: string;
  readonly sizeBytes: number;
  /** From the final dot to the reply. */
  readonly ms: number;
  readonly reply: string;
  /** Growth of the primary and the workers over what they had before, at its highest. */
  readonly grownBytes: number;
  readonly readerBytes: number;
  /** Of another session's replies meanwhile. */
  readonly p99Ms: number;
  readonly replies: number;
}

/** Sends one message while another session talks. */
export async function measureCost({ port, pid }: Pick<RunningMx, 'port' | 'pid'>, { what, make }: CostlyMessage): Promise<Cost> {
  const message = Buffer.from(make().toString('latin1').replace(/^\./gmu, '..'), 'latin1');
  const before = residentOfMx(pid);
  const highest = { mx: before.mx, readers: before.readers };
  const sampling = setInterval(() => {
    const now = residentOfMx(pid);
    highest.mx = Math.max(highest.mx, now.mx);
    highest.readers = Math.max(highest.readers, now.readers);
  }, SAMPLE_MS);
  const worker = new Worker(new URL('./reply-times.ts', import.meta.url), { workerData: port });
  try {
    const { reply, ms } = await deliver(port, message);
    worker.postMessage('end');
    const [times]: unknown[] = await once(worker, 'message');
    const sorted = Array.isArray(times) ? times.filter((time) => typeof time === 'number').toSorted((a, b) => a - b) : [];
    const p99Ms = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? Number.NaN;
    const grownBytes = highest.mx - before.mx;
    return { what, sizeBytes: message.length, ms, reply, grownBytes, readerBytes: highest.readers, p99Ms, replies: sorted.length };
  } finally {
    clearInterval(sampling);
    await worker.terminate();
  }
}

async function deliver(port: number, message: Buffer): Promise<{ readonly reply: string; readonly ms: number }> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }).setTimeout(REPLY_MS);
  socket.on('timeout', () => socket.destroy(new Error(`no reply within ${REPLY_MS} ms`)));
  let unread = '';
  const reply = async (): Promise<string> => {
    while (!/^\d{3} .*\r\n/mu.test(unread)) {
      const [chunk]: unknown[] = await once(socket, 'data');
      unread += String(chunk);
    }
    const last = /^\d{3} .*(?=\r\n)/mu.exec(unread)?.[0] ?? '';
    unread = '';
    return last;
  };
  try {
    await reply();
    for (const command of ['EHLO client.test', 'MAIL FROM:<a@sender.test>', `RCPT TO:<${RECIPIENT}>`, 'DATA']) {
      socket.write(`${command}\r\n`);
      const answer = await reply();
      if (!/^[23]/u.test(answer)) throw new Error(`${command}: ${answer}`);
    }
    for (let at = 0; at < message.length; at += 64 * 1024) {
      if (!socket.write(message.subarray(at, at + 64 * 1024))) await once(socket, 'drain');
    }
    const startedAt = performance.now();
    socket.write('.\r\n');
    return { reply: await reply(), ms: performance.now() - startedAt };
  } finally {
    socket.destroy();
  }
}
