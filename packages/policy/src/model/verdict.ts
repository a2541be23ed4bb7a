import type { Delay, Refusal } from '@vratny/smtp';

/** What a check says. There is no accept: a check can only object. */
export type Verdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'delay'; readonly reply: Delay }
  | { readonly kind: 'refuse'; readonly reply: Refusal };

/** No objection. */
export const PASS: Verdict = { kind: 'pass' };

/** Not now. */
export function delay(reply: Delay): Verdict {
  return { kind: 'delay', reply };
}

/** Never. */
export function refuse(reply: Refusal): Verdict {
  return { kind: 'refuse', reply };
}
