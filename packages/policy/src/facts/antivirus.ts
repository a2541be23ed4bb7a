import type { Content } from '@vratny/message';
import { type AntivirusAnswer, ScannerFault } from '@vratny/scanner';
import { LONG_SCANS_APART_MS, LONG_SCANS_KEPT_MS, LONG_SCANS_MAX, SCAN_FACT_MS } from '../limits.ts';
import { FactFault, fact } from '../model/fact.ts';
import type { Ports } from '../model/ports.ts';

/** What the scanner said, or `endless`: attempt after attempt it did not come to an end, and it was not the scanner's fault. */
export type AntivirusFinding = AntivirusAnswer | { readonly kind: 'endless' };

/** What the virus scanner says of the message. Lazy: it costs more than everything else together. */
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
      if (error.kind === 'too-long' && (await tooLongAgain(content, ports))) return { kind: 'endless' };
      throw new FactFault(error.message);
    }
  },
  describe: (answer) => {
    if (answer.kind === 'endless') return 'the scanner never comes to an end with it';
    return answer.kind === 'clean' ? 'clean' : `infected: ${answer.signature}`;
  },
});

/** Once is bad luck and the sender comes back; {@link LONG_SCANS_MAX} times, well apart, are the message's doing. */
async function tooLongAgain({ sha256 }: Content, { counters, clock }: Pick<Ports, 'counters' | 'clock'>): Promise<boolean> {
  const now = clock();
  try {
    if ((await counters.hit(`long-scan-just-now ${sha256}`, now, LONG_SCANS_APART_MS)) > 1) return false;
    return (await counters.hit(`long-scan ${sha256}`, now, LONG_SCANS_KEPT_MS)) >= LONG_SCANS_MAX;
  } catch {
    // Shared state is away: nobody counts, and the message is delayed.
    return false;
  }
}
