/** Scanners without a daemon, for tests and programs that show something else. */

import type { Content } from '@vratny/message';
import { type Cancellation, createCanceller } from '@vratny/waiting';
import type { Antispam, AntispamAnswer, Antivirus, SpamEnvelope } from './port.ts';
import { ScannerFault, toScannerFault } from './scanner-fault.ts';
import { orAborted } from './wait.ts';

/** What the antivirus in memory finds: octets anywhere in the message, by the name of what they are. */
export interface MemorySignature {
  readonly name: string;
  readonly octets: Buffer;
}

/** Finds plain octets; nothing is decoded or unpacked. */
export function createMemoryAntivirus(signatures: readonly MemorySignature[]): Antivirus {
  const { run, close } = createWork();
  const longest = Math.max(1, ...signatures.map(({ octets }) => octets.length));
  const search = async (content: Content): Promise<string | undefined> => {
    // The end of each chunk stays, so that what lies across two of them is found.
    let kept: Buffer = Buffer.alloc(0);
    for await (const chunk of content.read()) {
      const window = Buffer.concat([kept, chunk]);
      const found = signatures.find(({ octets }) => window.includes(octets));
      if (found !== undefined) return found.name;
      kept = window.subarray(Math.max(0, window.length - longest + 1));
    }
    return undefined;
  };
  return {
    scan: (content, signal) =>
      run(signal, async () => {
        const signature = await search(content);
        return signature === undefined ? { kind: 'clean' } : { kind: 'infected', signature };
      }),
    check: async () => [],
    close,
  };
}

/** Answers what `judge` says. */
export function createMemoryAntispam(
  judge: (content: Content, envelope: SpamEnvelope) => AntispamAnswer | Promise<AntispamAnswer>,
): Antispam {
  const { run, close } = createWork();
  return {
    judge: (content, envelope, signal) => run(signal, async () => await judge(content, envelope)),
    check: async () => [],
    close,
  };
}

/** What both have in common: they end when their caller gives up or they are closed. */
function createWork() {
  const closing = createCanceller();
  return {
    run: async <T>(signal: Cancellation, work: () => Promise<T>): Promise<T> => {
      using ending = createCanceller(signal, closing.signal);
      const ended = ending.signal;
      try {
        return await orAborted(ended.aborted ? new Promise<never>(() => undefined) : work(), ended);
      } catch (error) {
        throw toScannerFault(error, 'unreadable', 'the message cannot be read');
      }
    },
    close: async () => closing.abort(new ScannerFault('closed', 'the scanner was closed')),
  };
}
