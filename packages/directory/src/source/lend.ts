import { describeError } from '@vratny/text';
import { type Cancellation, startDeadline, until } from '@vratny/waiting';
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

/** What a session is told before and after the questions that one state answers. */
interface Transaction<C> {
  begin(connection: C): Promise<unknown>;
  end(connection: C): Promise<unknown>;
}

/** Asks one question on the connection that is held, within its time. */
export type Asking<C> = <T>(question: (connection: C) => Promise<T>) => Promise<T>;

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
  const connection = await borrow(lender, keyOf, deadline.signal);
  let broken = false;
  try {
    return await inTime(lender, work(connection), deadline.signal);
  } catch (error) {
    broken = !lender.isAnswer(error);
    throw error;
  } finally {
    lender.giveBack(connection, broken);
  }
}

/** Runs work whose questions are answered by one connection in one transaction; each question has its time. One that breaks off is cut. Rejects as {@link withLent} does, and as the work does. */
export async function withTransaction<C extends object, T>(
  lender: Lender<C>,
  keyOf: (connection: C) => object,
  { begin, end }: Transaction<C>,
  work: (ask: Asking<C>) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  using lending = startDeadline(QUERY_MS, { signal });
  const connection = await borrow(lender, keyOf, lending.signal);
  let broken = true;
  const ask: Asking<C> = async (question) => {
    using deadline = startDeadline(QUERY_MS, { signal });
    return inTime(lender, question(connection), deadline.signal);
  };
  try {
    await ask(begin);
    const result = await work(ask);
    await ask(end);
    broken = false;
    return result;
  } finally {
    lender.giveBack(connection, broken);
  }
}

/** A connection whose session is set up. Rejects with {@link ServerFault}. */
async function borrow<C extends object>(lender: Lender<C>, keyOf: (connection: C) => object, signal: Cancellation): Promise<C> {
  let held: C | undefined;
  let over = false;
  const lending = (async () => {
    const connection = await lender.lend();
    if (over) {
      lender.giveBack(connection, false);
      throw new ServerFault('too late');
    }
    held = connection;
    if (!ready.has(keyOf(connection))) await lender.prepare(connection);
    ready.add(keyOf(connection));
    return connection;
  })();
  try {
    return await until(lending, signal, tooLate);
  } catch (error) {
    over = true;
    lending.catch(() => undefined);
    if (held !== undefined) lender.giveBack(held, true);
    throw toServerFault(error);
  }
}

/** Rejects with {@link ServerFault}, or with what the server had against the question. */
async function inTime<C, T>(lender: Lender<C>, answer: Promise<T>, signal: Cancellation): Promise<T> {
  try {
    return await until(answer, signal, tooLate);
  } catch (error) {
    answer.catch(() => undefined);
    throw lender.isAnswer(error) ? error : toServerFault(error);
  }
}

function tooLate(): never {
  throw new ServerFault(`no answer within ${QUERY_MS / 1000} s`);
}

function toServerFault(error: unknown): ServerFault {
  return error instanceof ServerFault ? error : new ServerFault(describeError(error), { cause: error });
}
