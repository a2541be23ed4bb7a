import type { Admission, Target } from './port.ts';

/**
 * Whether a message fits. The recorded usage may be too high, since users delete messages; so a mailbox is `full` only
 * after `count` has counted it. `count` is not called when there is room by the recorded usage. Rejects when `count`
 * does.
 */
export function judgeQuota(target: Target, sizeBytes: number, count: () => Promise<number>): Admission | Promise<Admission> {
  const { quotaBytes, usedBytes } = target;
  if (quotaBytes === undefined || fits(usedBytes, sizeBytes, quotaBytes)) return { kind: 'room' };
  return count().then((counted) => judgeCount(counted, sizeBytes, quotaBytes));
}

function judgeCount(counted: number, sizeBytes: number, quotaBytes: number): Admission {
  return { kind: fits(counted, sizeBytes, quotaBytes) ? 'room' : 'full', usedBytes: counted };
}

/** When the size is not known (0), one free octet is enough. */
function fits(usedBytes: number, sizeBytes: number, quotaBytes: number): boolean {
  return sizeBytes === 0 ? usedBytes < quotaBytes : usedBytes + sizeBytes <= quotaBytes;
}
