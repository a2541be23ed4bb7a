/**
 * An `AggregateError` may hold any number of errors: a connection that was tried at many addresses has one for each.
 */
const ERRORS_MAX = 8;

/**
 * What was thrown, in words: an error's message; the messages of the errors that an `AggregateError` holds; an error's
 * name when it has no message; anything else as a string. Not cleaned and not bounded: the words may be a stranger's.
 * Never throws.
 */
export function describeError(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describeAll(error.errors);
  if (error instanceof Error) return error.message === '' ? error.name : error.message;
  try {
    return String(error);
  } catch {
    // An object without a prototype, or one whose own toString throws.
    return typeof error;
  }
}

function describeAll(errors: readonly unknown[]): string {
  const named = errors.slice(0, ERRORS_MAX).map((one) => (one instanceof AggregateError ? one.name : describeError(one)));
  return errors.length > ERRORS_MAX ? `${named.join('; ')}; and ${errors.length - ERRORS_MAX} more` : named.join('; ');
}

/**
 * As {@link describeError}, with the stack when there is one: for a bug of ours, which somebody has to find. Several
 * lines.
 */
export function describeBug(error: unknown): string {
  return error instanceof Error ? (error.stack ?? describeError(error)) : describeError(error);
}
