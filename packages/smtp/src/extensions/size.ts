import type { Extension } from './extension.ts';

/** RFC 1870. The limit is announced; what is judged against it is the policy's matter. */
export const size: Extension = {
  keyword: 'SIZE',
  advertise: (offer) => `SIZE ${offer.messageMaxBytes}`,
  mail: {
    name: 'SIZE',
    // RFC 1870 §6: 1 to 20 digits. Beyond the safe integers it is larger than any limit.
    read: (value) =>
      value !== undefined && /^\d{1,20}$/u.test(value)
        ? { sizeBytes: Math.min(Number(value), Number.MAX_SAFE_INTEGER) }
        : '501 5.5.4 SIZE takes a number of octets',
  },
};
