import { type Answer, say } from '../answer.ts';

/** RFC 5321 §4.1.1.9. */
export function noop(): Answer {
  return say('250 2.0.0 still here');
}
