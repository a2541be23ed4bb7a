/** What reading the parts of one message has cost so far: a budget is that of the message, however many parts share it. */
export interface Spending {
  readonly members: number;
  readonly nameChars: number;
  readonly declaredBytes: number;
  readonly unpackedBytes: number;
  /** By `maxSearchBytes`. */
  readonly searchedBytes: number;
  readonly ms: number;
}

/** Before the first part. */
export const NOTHING_SPENT: Spending = { members: 0, nameChars: 0, declaredBytes: 0, unpackedBytes: 0, searchedBytes: 0, ms: 0 };
