/** Work in steps that may have to wait: a generator that yields what it waits for, by {@link wait}. Run by {@link runSteps}. */
export type Steps<T> = Generator<Promise<unknown>, T, unknown>;

/** Within steps, `yield* wait(work)` gives the value, or the result of the promise. */
export function* wait<T>(work: T | Promise<T>): Steps<T> {
  return work instanceof Promise ? ((yield work) as T) : work;
}

/**
 * Runs steps. Synchronous when no step has to wait, so that work on values that are known costs no promise and no turn of the event loop. An exception of
 * the steps is then thrown; after the first wait the promise rejects with it.
 */
export function runSteps<T>(steps: Steps<T>): T | Promise<T> {
  const first = steps.next();
  return first.done ? first.value : finish(steps, first.value);
}

async function finish<T>(steps: Steps<T>, first: Promise<unknown>): Promise<T> {
  for (let waited = first; ; ) {
    const outcome = await waited.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    const step = 'error' in outcome ? steps.throw(outcome.error) : steps.next(outcome.value);
    if (step.done) return step.value;
    waited = step.value;
  }
}
