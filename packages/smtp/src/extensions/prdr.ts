import type { Extension } from './extension.ts';

/**
 * Per-recipient data responses (draft-hall-prdr-00, 2007; no RFC, spoken by Exim and META1): the client asks with MAIL, and where the recipients end
 * differently each gets a reply of its own after the final dot.
 */
export const prdr: Extension = {
  keyword: 'PRDR',
  advertise: () => 'PRDR',
  mail: {
    name: 'PRDR',
    read: (value) => (value === undefined ? { prdr: true } : '501 5.5.4 PRDR takes no value'),
  },
};
