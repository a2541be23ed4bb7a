import type { Tree } from '@vratny/support/tree';

/** One place where the tree breaks a rule. */
export interface Finding {
  /** File, relative to the repository's root. */
  readonly path: string;
  /** What is wrong and what to do instead, in one sentence. */
  readonly text: string;
}

/** A rule of the house, as a pure function of the tree. */
export interface Rule {
  /** As the tests and the report call it. */
  readonly name: string;
  check(tree: Tree): readonly Finding[];
}
