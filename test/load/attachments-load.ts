import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { zerosZip, zipOfNames, zipTree } from '@vratny/support/corpus/archives/large';
import { quineZip } from '@vratny/support/corpus/archives/quine';
import { zip } from '@vratny/support/corpus/archives/zip';
import { attachedFile, lines } from '@vratny/support/corpus/case';
import { RECIPIENT } from '@vratny/support/corpus/send';
import type { RunningMx } from '@vratny/support/mx';
import { residentOfMx } from '@vratny/support/resident';
import { ask, openClient, readReply } from '@vratny/support/smtp-client';

const MIB = 1024 * 1024;
/** The bounds are counted in decimal megabytes, the stricter reading. */
const MB = 1_000_000;
const SAMPLE_MS = 50;
/** The budget after the final dot is 120 s; then the server must have answered. */
const REPLY_MS = 130_000;

/** A message that is made to cost. */
export interface CostlyMessage {
  readonly what: string;
  /** How its reply begins where nothing but that will do: a message that is put off for ever is neither accepted nor refused. */
  readonly expected?: string;
  /** So many at once; 1 unless told. */
  readonly atOnce?: number;
  /** So often one after the other, where one is over before the other session has said much; 1 unless told. */
  readonly times?: number;
  /** Growth that is too much, in octets. */
  readonly grownMaxBytes?: number;
  make(): Buffer;
}

/** What the issue names. */
export const COSTLY: readonly CostlyMessage[] = [
  { what: '100 MB message', expected: '250', grownMaxBytes: 64 * MB, make: largeMessage },
  // Whether all get their answer in time is up to clamd and the machine's processors.
  { what: 'twenty of 100 MB', atOnce: 20, grownMaxBytes: 400 * MB, make: largeMessage },
  { what: '1,000 parts', expected: '250', make: () => manyParts(1_000) },
  { what: '10,000 parts', expected: '250', make: () => manyParts(10_000) },
  {
    what: '300,000 header lines',
    expected: '552 5.3.4',
    times: 20,
    make: () => lines('Subject: x', Array.from({ length: 300_000 }, (_, index) => `X-${index}: y`).join('\r\n'), '', 'z'),
  },
  { what: 'zip of 60,000 names', expected: '554 5.7.1', make: () => attachedFile('names.zip', zipOfNames(60_000)) },
  // As many as are looked through. Empty ones take clamd the most time; files count towards its MaxFiles.
  { what: 'zip of 10,000 names', expected: '250', make: () => attachedFile('names.zip', zipOfNames(10_000)) },
  { what: 'zip of 10,000 files', expected: '250', make: () => attachedFile('files.zip', zipOfFiles(10_000)) },
  { what: '42.zip', expected: '554 5.7.1', make: () => attachedFile('42.zip', zipTree(16, 5, 64 * MIB)) },
  { what: '10 GB of zeros', expected: '554 5.7.1', make: () => attachedFile('zeros.zip', zerosZip(10_240 * MIB)) },
  { what: 'quine zip', expected: '554 5.7.1', make: () => attachedFile('quine.zip', quineZip()) },
];

function zipOfFiles(count: number): Buffer {
  return zip(...Array.from({ length: count }, (_, index) => ({ name: `folder/file-${index}.txt`, data: Buffer.from(`file ${index}`) })));
}

function largeMessage(): Buffer {
  return attachedFile('film.mp4', Buffer.alloc(73 * MIB, 'vratny film '));
}

function manyParts(count: number): Buffer {
  const parts = Array.from({ length: count }, (_, index) => `--b\r\nContent-Type: image/png; name=${index}.png\r\n\r\nx`);
  return lines('Subject: x', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b', '', parts.join('\r\n'), '--b--');
}

/** What one message did to a running mx. */
export interface Cost {
  readonly what: string;
  readonly sizeBytes: number;
  /** From the final dot to the reply; the slowest. */
  readonly ms: number;
  /** The worst of all. */
  readonly reply: string;
  /** Growth of the primary and the workers over what they had before, at its highest. */
  readonly grownBytes: number;
  readonly readerBytes: number;
  /** Of another session's replies meanwhile. */
  readonly p99Ms: number;
  readonly replies: number;
}

/** Sends a message while another session talks. */
export async function measureCost({ port, pid }: Pick<RunningMx, 'port' | 'pid'>, costly: CostlyMessage): Promise<Cost> {
  const { what, make } = costly;
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
    const { reply, ms } = await deliverAll(port, message, costly);
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

async function deliverAll(port: number, message: Buffer, { atOnce = 1, times = 1 }: CostlyMessage) {
  const answers: { readonly reply: string; readonly ms: number }[] = [];
  for (let round = 0; round < times; round += 1) {
    // Each message differs: an equal one that comes meanwhile is put off, since it may be the first one sent again.
    answers.push(
      ...(await Promise.all(Array.from({ length: atOnce }, (_, copy) => deliver(port, message, `X-Copy: ${round}.${copy}\r\n`)))),
    );
  }
  const reply =
    answers
      .map((answer) => answer.reply)
      .toSorted()
      .at(-1) ?? '';
  return { reply, ms: Math.max(...answers.map((answer) => answer.ms)) };
}

async function deliver(port: number, message: Buffer, firstField: string): Promise<{ readonly reply: string; readonly ms: number }> {
  const client = await openClient(port, { patienceMs: REPLY_MS });
  try {
    await readReply(client);
    for (const command of ['EHLO client.test', 'MAIL FROM:<a@sender.test>', `RCPT TO:<${RECIPIENT}>`, 'DATA']) {
      const answer = await ask(client, command);
      if (!/^[23]/u.test(answer)) throw new Error(`${command}: ${answer}`);
    }
    client.write(firstField);
    for (let at = 0; at < message.length; at += 64 * 1024) {
      if (!client.socket.write(message.subarray(at, at + 64 * 1024))) await once(client.socket, 'drain');
    }
    const startedAt = performance.now();
    client.write('.\r\n');
    return { reply: await readReply(client), ms: performance.now() - startedAt };
  } finally {
    client.close();
  }
}
