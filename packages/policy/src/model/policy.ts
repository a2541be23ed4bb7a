import type { CheckAt } from './check.ts';
import type { Stamp } from './stamp.ts';

/** The checks of each stage in the order in which they speak, and the header lines that accepted mail gets. */
export interface Policy {
  /** The host's short name: `d10`. */
  readonly name: string;
  /** One sentence for a domain owner. */
  readonly summary: string;
  readonly mail: readonly CheckAt<'mail'>[];
  readonly rcpt: readonly CheckAt<'rcpt'>[];
  readonly message: readonly CheckAt<'message'>[];
  readonly stamps: readonly Stamp[];
  /** What the letter promises and this version does not do yet, in words for a table. */
  readonly lacks: readonly string[];
}

/** The stages at which a policy is judged. */
export type JudgedStage = 'mail' | 'rcpt' | 'message';
