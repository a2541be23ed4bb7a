import type { Extension } from './extension.ts';

/** RFC 6152. Every store we deliver to is 8-bit clean. */
export const eightBitMime: Extension = {
  keyword: '8BITMIME',
  advertise: () => '8BITMIME',
  mail: {
    name: 'BODY',
    read: (value) => {
      const body = value?.toLowerCase();
      return body === '7bit' || body === '8bitmime' ? { body } : '501 5.5.4 BODY takes 7BIT or 8BITMIME';
    },
  },
};
