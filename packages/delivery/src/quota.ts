import type { Admission, Target } from './port.ts';

/**
 * Whether a message fits. What was last written down may be too high, since readers delete behind our back: so nobody is called full
 * before `count` has counted what is really there. It is not called while there is room anyway. Rejects when `count` does.
 */
export function judgeQuota(target: Target, sizeBytes: number, count: () => Promise<number>): Admission | Promise<Admission> {
  const { quotaBytes, usedBytes } = target;
  if (quotaBytes === undefined || fits(usedBytes, sizeBytes, quotaBytes)) return { kind: 'room' };
  return count().then((counted) => judgeCount(counted, sizeBytes, quotaBytes));
}

function judgeCount(counted: number, sizeBytes: number, quotaBytes: number): Admission {
  return { kind: fits(counted, sizeBytes, quotaBytes) ? 'room' : 'full', usedBytes: counted };
}

/** When the size is not known (0) a single free octet is enough to ask for the message. */
function fits(usedBytes: number, sizeBytes: number, quotaBytes: number): boolean {
  return sizeBytes === 0 ? usedBytes < quotaBytes : usedBytes + sizeBytes <= quotaBytes;
}
