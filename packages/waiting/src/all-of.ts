/** The results of several pieces of work, in their order. Synchronous when none of them is a promise. Rejects with the first rejection. */
export function allOf<T>(work: readonly (T | Promise<T>)[]): readonly T[] | Promise<readonly T[]> {
  return work.every(isThere) ? work : Promise.all(work.map(async (one) => one));
}

function isThere<T>(one: T | Promise<T>): one is T {
  return !(one instanceof Promise);
}
