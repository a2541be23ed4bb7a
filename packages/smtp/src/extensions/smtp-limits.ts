import type { Extension } from './extension.ts';

/** RFC 9422: a client that knows them begins another transaction, or another session, before it is told to. */
export const smtpLimits: Extension = {
  keyword: 'LIMITS',
  advertise: (offer) => `LIMITS MAILMAX=${offer.messagesMax} RCPTMAX=${offer.recipientsMax}`,
};
