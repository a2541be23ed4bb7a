import type { Content } from '@vratny/message';
import { type AntivirusAnswer, ScannerFault } from '@vratny/scanner';
import { LONG_SCANS_APART_MS, LONG_SCANS_KEPT_MS, LONG_SCANS_MAX, SCAN_FACT_MS } from '../limits.ts';
import { FactFault, fact } from '../model/fact.ts';
import type { Ports } from '../model/ports.ts';

/** The answer of the scanner, or `endless`: repeated scans of this message did not end, while the scanner was well. */
export type AntivirusFinding = AntivirusAnswer | { readonly kind: 'endless' };

/** The answer of the virus scanner. Lazy: it costs more than all other facts together. */
export const antivirus = fact({
  name: 'antivirus',
  stage: 'message',
  deadlineMs: SCAN_FACT_MS,
  lazy: true,
  alarm: true,
  needs: {},
  ports: ['antivirus', 'counters', 'clock'],
  async find({ content }, _needs, ports, signal): Promise<AntivirusFinding> {
    try {
      return await ports.antivirus.scan(content, signal);
    } catch (error) {
      if (!(error instanceof ScannerFault)) throw error;
      if (error.kind === 'too-long' && (await countLongScan(content, ports))) return { kind: 'endless' };
      throw new FactFault(error.message);
    }
  },
  describe: (answer) => {
    if (answer.kind === 'endless') return 'the scanner never comes to an end with it';
    return answer.kind === 'clean' ? 'clean' : `infected: ${answer.signature}`;
  },
});

/**
 * Counts a scan that took too long. One gives a delay; {@link LONG_SCANS_MAX} of the same message, well apart, are
 * caused by the message.
 */
async function countLongScan({ sha256 }: Content, { counters, clock }: Pick<Ports, 'counters' | 'clock'>): Promise<boolean> {
  const now = clock();
  try {
    if ((await counters.hit(`long-scan-just-now ${sha256}`, now, LONG_SCANS_APART_MS)) > 1) return false;
    return (await counters.hit(`long-scan ${sha256}`, now, LONG_SCANS_KEPT_MS)) >= LONG_SCANS_MAX;
  } catch {
    // Shared state is unavailable: nothing is counted, and the message is delayed.
    return false;
  }
}
