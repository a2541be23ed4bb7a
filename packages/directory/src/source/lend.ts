import { describeError } from '@vratny/text';
import { startDeadline, until } from '@vratny/waiting';
import { QUERY_MS } from '../limits.ts';
import { ServerFault } from './sql.ts';

/** A pool of connections to one server. */
export interface Lender<C> {
  lend(): Promise<C>;
  /** Makes a new session one that can only read, and not for long. */
  prepare(connection: C): Promise<void>;
  /** `broken`: it is cut instead. */
  giveBack(connection: C, broken: boolean): void;
  /** Whether the server understood the question and had something against it. */
  isAnswer(error: unknown): boolean;
}

/** Connections whose sessions are set up. */
const ready = new WeakSet<object>();

/**
 * Runs work on a connection. One that does not answer in time is cut: what it still says would be the answer to another question.
 * Rejects with {@link ServerFault}, or with what the server had against the question.
 */
export async function withLent<C extends object, T>(
  lender: Lender<C>,
  keyOf: (connection: C) => object,
  work: (connection: C) => Promise<T>,
): Promise<T> {
  using deadline = startDeadline(QUERY_MS);
  let held: C | undefined;
  let over = false;
  const answer = (async () => {
    const connection = await lender.lend();
    if (over) {
      lender.giveBack(connection, false);
      throw new ServerFault('too late');
    }
    held = connection;
    if (!ready.has(keyOf(connection))) await lender.prepare(connection);
    ready.add(keyOf(connection));
    return work(connection);
  })();
  try {
    return await until(answer, deadline.signal, () => {
      throw new ServerFault(`no answer within ${QUERY_MS / 1000} s`);
    });
  } catch (error) {
    answer.catch(() => undefined);
    if (lender.isAnswer(error)) throw error;
    if (held !== undefined) lender.giveBack(held, true);
    held = undefined;
    throw error instanceof ServerFault ? error : new ServerFault(describeError(error), { cause: error });
  } finally {
    over = true;
    if (held !== undefined) lender.giveBack(held, false);
  }
}
