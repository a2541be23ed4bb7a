import type { Offer } from '@vratny/smtp';
import { MESSAGES_MAX } from './limits.ts';
import type { Session } from './session.ts';

/** What this session is offered now. */
export function offerOf(session: Session): Offer {
  const { options } = session;
  return {
    messageMaxBytes: options.limits.messageMaxBytes,
    recipientsMax: options.limits.recipientsMax,
    messagesMax: MESSAGES_MAX,
    startTls: options.tls !== undefined && session.tls === undefined,
    smtpUtf8: options.delivery.utf8,
  };
}
