/** How one check came out, in the order in which they spoke. */
export interface TraceEntry {
  readonly check: string;
  /** `exempt`: an `unless` let it by. `fault`: a fact was not to be had. `unasked`: an earlier objection made its question needless. */
  readonly outcome: 'pass' | 'delay' | 'refuse' | 'exempt' | 'fault' | 'unasked' | 'unknown';
  /** It was only observed: it had no say. */
  readonly observed?: boolean;
  /** What it answered or would have answered. */
  readonly reply?: string;
  /** Why it is a fault, or what the reader should know. */
  readonly detail?: string;
}

/** One fact that was gathered, and how long that took. */
export interface FactEntry {
  readonly fact: string;
  readonly ms: number;
  /** The value in short, or the fault. */
  readonly value: string;
  readonly fault?: boolean;
}

/** Everything that led to a verdict: log line, panel's explanation, input of `mxctl explain`, assertion in tests. */
export interface Trace {
  readonly stage: 'connect' | 'helo' | 'mail' | 'rcpt' | 'message';
  readonly verdict: 'pass' | 'delay' | 'refuse';
  /** The check that decided; undefined when none objected. */
  readonly by?: string;
  readonly checks: readonly TraceEntry[];
  readonly facts: readonly FactEntry[];
}
