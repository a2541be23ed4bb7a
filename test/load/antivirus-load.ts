import { connect } from 'node:net';
import type { Content } from '@vratny/message';
import type { Antivirus } from '@vratny/scanner';

/** One way to have a message scanned; false when the answer was not the expected one. */
export type ScanOne = (message: LoadMessage) => Promise<boolean>;

/** A message of the load, in the forms that both sides need. */
export interface LoadMessage {
  readonly content: Content;
  /** The INSTREAM command with the whole message, ready to be sent. */
  readonly frames: Buffer;
}

/** What one side came to. */
export interface Throughput {
  readonly messages: number;
  readonly octets: number;
  readonly ms: number;
  readonly wrong: number;
}

/** Scans all messages, `atOnce` at a time. */
export async function measure(messages: readonly LoadMessage[], atOnce: number, scan: ScanOne): Promise<Throughput> {
  const start = performance.now();
  let next = 0;
  let wrong = 0;
  const work = async () => {
    while (true) {
      const message = messages[next];
      next += 1;
      if (message === undefined) return;
      if (!(await scan(message))) wrong += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const octets = messages.reduce((sum, { content }) => sum + content.sizeBytes, 0);
  return { messages: messages.length, octets, ms: performance.now() - start, wrong };
}

/** What clamd alone does: the ready octets into a socket, whatever comes back, no checks, no deadlines. */
export function rawScan(port: number): ScanOne {
  return ({ frames }) =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true });
      let reply = '';
      socket.setEncoding('latin1').on('data', (text: string) => {
        reply += text;
      });
      socket.once('error', reject).once('end', () => resolve(reply === 'stream: OK\0'));
      socket.write(frames);
    });
}

/** Through the adapter that mx uses. */
export function adapterScan(antivirus: Antivirus): ScanOne {
  const { signal } = new AbortController();
  return async ({ content }) => (await antivirus.scan(content, signal)).kind === 'clean';
}

/** A message as INSTREAM (clamd(8)). */
export async function frame(content: Content): Promise<Buffer> {
  const parts: Buffer[] = [Buffer.from('zINSTREAM\0')];
  for await (const chunk of content.read()) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(chunk.length);
    parts.push(length, chunk);
  }
  parts.push(Buffer.alloc(4));
  return Buffer.concat(parts);
}
