/** The promise's value, or undefined when it is not there `graceMs` after the signal was aborted. Rejects as the promise does until then. */
export async function orGiveUp<T>(promise: Promise<T>, signal: AbortSignal, graceMs: number): Promise<T | undefined> {
  const settled = new AbortController();
  const givenUp = new Promise<undefined>((resolve) => {
    const start = () => {
      const timer = setTimeout(() => resolve(undefined), graceMs);
      settled.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
    };
    if (signal.aborted) start();
    else signal.addEventListener('abort', start, { once: true, signal: settled.signal });
  });
  try {
    return await Promise.race([promise, givenUp]);
  } finally {
    settled.abort();
  }
}
