import type { Offer } from '@vratny/smtp';
import type { Session } from './session.ts';

/** What this session is offered now. */
export function offerOf(session: Session): Offer {
  const { options } = session;
  return {
    messageMaxBytes: options.limits.messageMaxBytes,
    startTls: options.tls !== undefined && session.tls === undefined,
    smtpUtf8: options.delivery.utf8,
  };
}
