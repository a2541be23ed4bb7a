import { type AntivirusAnswer, ScannerFault } from '@vratny/scanner';
import { SCAN_FACT_MS } from '../limits.ts';
import { FactFault, fact } from '../model/fact.ts';

/** What the virus scanner says of the message. Lazy: it costs more than everything else together. */
export const antivirus = fact({
  name: 'antivirus',
  stage: 'message',
  deadlineMs: SCAN_FACT_MS,
  lazy: true,
  alarm: true,
  needs: {},
  ports: ['antivirus'],
  async find({ content }, _needs, ports, signal): Promise<AntivirusAnswer> {
    try {
      return await ports.antivirus.scan(content, signal);
    } catch (error) {
      if (error instanceof ScannerFault) throw new FactFault(error.message);
      throw error;
    }
  },
  describe: (answer) => (answer.kind === 'clean' ? 'clean' : `infected: ${answer.signature}`),
});
