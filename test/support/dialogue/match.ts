const REST = '...';

/** True when a line is what was expected; `...` at the end of the expectation stands for any text. */
export function matches(expected: string, actual: string): boolean {
  return expected.endsWith(REST) ? actual.startsWith(expected.slice(0, -REST.length)) : actual === expected;
}
