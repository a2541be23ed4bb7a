import type { CheckAt } from './check.ts';
import type { AnyFact, Fact } from './fact.ts';
import type { MessageContext, Stage } from './stage.ts';
import type { Found } from './visit.ts';

/** The checks of each stage in the order in which they are judged, and the header lines of accepted mail. */
export interface Policy {
  /** The host's short name: `d10`. */
  readonly name: string;
  /** One sentence for a domain owner. */
  readonly summary: string;
  readonly mail: readonly CheckAt<'mail'>[];
  readonly rcpt: readonly CheckAt<'rcpt'>[];
  readonly message: readonly CheckAt<'message'>[];
  readonly stamps: readonly Stamp[];
  /** What the letter promises and this version does not do yet, as words for a table. */
  readonly lacks: readonly string[];
}

/** The stages at which a policy is judged. */
export type JudgedStage = 'mail' | 'rcpt' | 'message';

/** Reads a fact that may not have been found. */
export type FoundOf = <V>(fact: Fact<Stage, V>) => Found<V>;

/** Header lines for one mailbox's copy: a pure function of facts, no verdict. */
export interface Stamp {
  readonly name: string;
  readonly facts: readonly AnyFact[];
  /** Complete lines, each ending in CRLF, folded at 998 octets (RFC 5322 §2.1.1); empty for none. */
  readonly write: (context: MessageContext, found: FoundOf, mailbox: { readonly antispam: boolean }) => string;
}
