import { type Answer, say } from '../answer.ts';

/** RFC 5321 §3.5.3: who exists is told at RCPT only. */
export function vrfy(): Answer {
  return say('252 2.5.0 addresses are not told here: send the message and see');
}
