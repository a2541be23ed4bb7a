import { describeError } from '@vratny/text';
import { type Cancellation, type Canceller, createCanceller, until } from '@vratny/waiting';
import { abortedAnswer, faultAnswer } from '../fault.ts';
import type { Answer, Dns, RecordType } from '../port.ts';

/** Questions under way, so that identical ones are asked once. */
export interface Flights {
  /** Joins the question if it is under way, else asks it. `onLanded` is called once per question asked, with its answer. */
  join<T extends RecordType>(
    name: string,
    type: T,
    signal: Cancellation | undefined,
    onLanded: (answer: Answer<T>) => void,
  ): { readonly answer: Promise<Answer<T>>; readonly joined: boolean };
}

interface Flight<T extends RecordType> {
  readonly landing: Promise<Answer<T>>;
  readonly abort: Canceller;
  waiting: number;
}

type Board = { readonly [T in RecordType]: Map<string, Flight<T>> };

/** Makes an empty one over `inner`. It holds one entry per running look-up of `inner`, which has a deadline of its own. */
export function createFlights(inner: Dns): Flights {
  const board: Board = { A: new Map(), AAAA: new Map(), MX: new Map(), TXT: new Map(), PTR: new Map(), NS: new Map(), TLSA: new Map() };

  const start = <T extends RecordType>(name: string, type: T, onLanded: (answer: Answer<T>) => void): Flight<T> => {
    const running: Board[T] = board[type];
    const abort = createCanceller();
    const fly = async (): Promise<Answer<T>> => {
      const answer = await ask(inner, name, type, abort.signal);
      // Given up by all, it has left the board already, and a newer flight may have its place.
      if (running.get(name) === flight) running.delete(name);
      if (!abort.signal.aborted) onLanded(answer);
      return answer;
    };
    const flight: Flight<T> = { landing: fly(), abort, waiting: 0 };
    running.set(name, flight);
    return flight;
  };

  return {
    join<T extends RecordType>(name: string, type: T, signal: Cancellation | undefined, onLanded: (answer: Answer<T>) => void) {
      const running: Board[T] = board[type];
      const known: Flight<T> | undefined = running.get(name);
      const flight = known ?? start(name, type, onLanded);
      const leave = (): void => {
        flight.waiting -= 1;
        if (flight.waiting > 0) return;
        // Nobody wants the answer any more: end the question, and let the next caller start afresh.
        if (running.get(name) === flight) running.delete(name);
        flight.abort.abort();
      };
      flight.waiting += 1;
      const giveUp = () => {
        leave();
        return abortedAnswer;
      };
      const answer = signal === undefined ? flight.landing : until(flight.landing, signal, giveUp);
      return { answer, joined: known !== undefined };
    },
  };
}

async function ask<T extends RecordType>(inner: Dns, name: string, type: T, signal: Cancellation): Promise<Answer<T>> {
  try {
    // The pause makes sure that the flight is on the board before it can land.
    await Promise.resolve();
    return await inner.lookup(name, type, { signal });
  } catch (error) {
    // The port promises not to reject; a bug behind it must not take the callers down.
    return faultAnswer('servfail', `look-up failed: ${describeError(error)}`);
  }
}
