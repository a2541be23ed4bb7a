/** What several pieces of work come to, in their order. No promise when all of it is there. Rejects as the first piece that does. */
export function allOf<T>(work: readonly (T | Promise<T>)[]): readonly T[] | Promise<readonly T[]> {
  return work.every(isThere) ? work : Promise.all(work.map(async (one) => one));
}

function isThere<T>(one: T | Promise<T>): one is T {
  return !(one instanceof Promise);
}
