import { until } from '@vratny/waiting';
import type { DeliveryRequest } from './port.ts';

/** The error text of a copy whose delivery was not confirmed. */
export const NOT_CONFIRMED = 'nobody waits for this attempt any more, or another one runs';

/**
 * Asks whether the message may be stored now, right before the step that cannot be undone. The answer is false when
 * `confirm` says so, when it rejects, and when the delivery ends first. Never rejects.
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
