/** The clamd adapter of the antivirus port: ClamAV's daemon over TCP or a Unix socket. */
import { createCanceller } from '@vratny/waiting';
import { checkClamd } from './clamd/check.ts';
import { type FairScanLimits, scanFairly } from './clamd/fair-scan.ts';
import { type ClamdAddress, clamdName } from './clamd/instream.ts';
import {
  CLAMD_AT_ONCE,
  CLAMD_CLOSE_MS,
  CLAMD_HARMLESS_MS,
  CLAMD_HARMLESS_MS_PER_MIB,
  CLAMD_SCAN_MS,
  CLAMD_SCAN_MS_PER_MIB,
  CLAMD_STALL_MS,
  SERVER_DEMOTION_MS,
  WAITING_MAX,
  WAITING_MS,
} from './limits.ts';
import type { Antivirus } from './port.ts';
import { ScannerFault } from './scanner-fault.ts';
import { createServers } from './servers.ts';
import { createTurns, reasonOf, type TurnLimits } from './wait.ts';

export { eicarFile } from './clamd/check.ts';
export type { ClamdAddress } from './clamd/instream.ts';

/** Bounds that tests make smaller. */
export interface ClamdLimits extends FairScanLimits, TurnLimits {
  /** How long a clamd that failed is asked last, in milliseconds. */
  readonly demotionMs: number;
}

/** What the adapter needs to know. */
export interface ClamdOptions {
  /** All of them do the same work; none means that every scan is a fault. At most 8. */
  readonly servers: readonly ClamdAddress[];
  /** Octets of the largest message that we accept: `check` tries whether every clamd takes it. */
  readonly largestMessageBytes: number;
  /** Milliseconds that never go back. */
  readonly now: () => number;
  readonly limits?: Partial<ClamdLimits>;
}

const LIMITS: ClamdLimits = {
  scanMs: CLAMD_SCAN_MS,
  scanMsPerMib: CLAMD_SCAN_MS_PER_MIB,
  stallMs: CLAMD_STALL_MS,
  closeMs: CLAMD_CLOSE_MS,
  harmlessMs: CLAMD_HARMLESS_MS,
  harmlessMsPerMib: CLAMD_HARMLESS_MS_PER_MIB,
  atOnce: CLAMD_AT_ONCE,
  waitingMax: WAITING_MAX,
  waitingMs: WAITING_MS,
  demotionMs: SERVER_DEMOTION_MS,
};

/** Scans with clamd. It holds no connection between scans. */
export function createClamdAntivirus({ servers, largestMessageBytes, now, limits }: ClamdOptions): Antivirus {
  const bounds = { ...LIMITS, ...limits };
  const choice = createServers(servers, { nameOf: clamdName, now, demotionMs: bounds.demotionMs });
  const turns = createTurns(bounds);
  const closing = createCanceller();
  return {
    async scan(content, signal) {
      using ending = createCanceller(signal, closing.signal);
      const ended = ending.signal;
      return await turns.run(ended, () =>
        choice.ask((server) => {
          // Given up between two servers: the next one is not bothered.
          if (ended.aborted) throw reasonOf(ended);
          return scanFairly(server, content, ended, bounds);
        }),
      );
    },
    async check() {
      if (servers.length === 0) return ['clamd: no server is configured'];
      const found = await Promise.all(servers.map((server) => checkClamd(server, largestMessageBytes, closing.signal, bounds)));
      return found.flat();
    },
    async close() {
      closing.abort(new ScannerFault('closed', 'the scanner was closed'));
    },
  };
}
