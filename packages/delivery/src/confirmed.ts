import { until } from '@vratny/waiting';
import type { DeliveryRequest } from './port.ts';

/** What a copy that was not confirmed is told to be. */
export const NOT_CONFIRMED = 'nobody waits for this attempt any more, or another one runs';

/**
 * Asks whether the step that cannot be taken back may be taken. No when the answer is no, when asking fails, and when the delivery ends before there is
 * an answer: who cannot tell does not store. Never rejects.
 */
export async function isConfirmed({ confirm, signal }: Pick<DeliveryRequest, 'confirm' | 'signal'>): Promise<boolean> {
  if (signal.aborted) return false;
  try {
    const answer = await until(confirm(), signal, () => false);
    return answer && !signal.aborted;
  } catch {
    return false;
  }
}
