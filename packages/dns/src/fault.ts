import type { Answer, DnsFault, RecordType } from './port.ts';

/** The answer that says why there is none. */
export type Fault = Extract<Answer<RecordType>, { kind: 'fault' }>;

/** Makes one; `detail` is one line for the log. */
export function faultAnswer(fault: DnsFault, detail: string): Fault {
  return { kind: 'fault', fault, detail };
}

/** The answer of a look-up that its caller gave up. */
export const abortedAnswer: Fault = faultAnswer('aborted', 'the look-up was given up');
