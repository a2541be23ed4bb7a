import type { AnyFact, Fact } from './fact.ts';
import type { Found } from './gathering.ts';
import type { MessageContext, Stage } from './stage.ts';

/** Reads a fact that may not have been found. */
export type FoundOf = <V>(fact: Fact<Stage, V>) => Found<V>;

/** Header lines for one mailbox's copy: a pure function of facts, no verdict. */
export interface Stamp {
  readonly name: string;
  readonly facts: readonly AnyFact[];
  /** Complete lines, each ending in CRLF, folded at 998 octets (RFC 5322 §2.1.1); empty for none. */
  readonly write: (context: MessageContext, found: FoundOf, mailbox: { readonly antispam: boolean }) => string;
}
