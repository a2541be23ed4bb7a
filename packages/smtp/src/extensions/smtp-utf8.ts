import type { Extension } from './extension.ts';

/** RFC 6531; offered only where every store of the site takes such addresses. */
export const smtpUtf8: Extension = {
  keyword: 'SMTPUTF8',
  advertise: (offer) => (offer.smtpUtf8 ? 'SMTPUTF8' : undefined),
  mail: {
    name: 'SMTPUTF8',
    read: (value) => (value === undefined ? { utf8: true } : '501 5.5.4 SMTPUTF8 takes no value'),
  },
};
