/** Work in steps that may have to wait: a generator that yields what it waits for, by {@link wait}. Run by {@link runSteps}. */
export type Steps<T> = Generator<Promise<unknown>, T, unknown>;

/** Within steps, `yield* wait(work)`: the value that is there, or what the promise comes to. */
export function* wait<T>(work: T | Promise<T>): Steps<T> {
  return work instanceof Promise ? ((yield work) as T) : work;
}

/**
 * Runs steps. The result is no promise when nothing had to be waited for: work on what is there costs no turn and no promise. What the steps throw is then
 * thrown; after the first wait it rejects.
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
