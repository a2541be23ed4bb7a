import { antivirus as antivirusFact } from '../facts/antivirus.ts';
import { check, PASS, refuse } from '../model/check.ts';

/** Mail that could not be scanned is delayed: it is never accepted unscanned. */
export const antivirus = check({
  name: 'antivirus',
  stage: 'message',
  summary: 'the virus scanner finds nothing in the message',
  says: ['554 5.7.1', '451 4.3.0'],
  facts: { answer: antivirusFact },
  cannotTell: '451 4.3.0 the message could not be scanned for viruses just now, please try again later',
  judge(_context, { answer }) {
    switch (answer.kind) {
      case 'clean':
        return PASS;
      case 'endless':
        return refuse('554 5.7.1 the message cannot be scanned for viruses in time: the scanner never comes to an end with it');
      case 'infected':
        return refuse(`554 5.7.1 ${wordsOf(answer.signature)}`);
    }
  },
});

/** ClamAV's signature for content beyond a limit; it says nothing about a virus. */
const EXCEEDED = 'Heuristics.Limits.Exceeded.';

function wordsOf(signature: string): string {
  if (!signature.startsWith(EXCEEDED)) return `a virus was found in the message: ${signature}`;
  return `the message could not be scanned for viruses to its end, because it unpacks to too much: ${signature.slice(EXCEEDED.length)}`;
}
