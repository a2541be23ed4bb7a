import { type Answer, say } from '../answer.ts';

/** RFC 5321 §4.1.1.8. */
export function help(): Answer {
  return say('214 2.0.0 this server receives mail as RFC 5321 says: EHLO, STARTTLS, MAIL, RCPT, DATA, BDAT, RSET, NOOP, VRFY, QUIT');
}
