import type { State } from '../port.ts';

/** Several openings of one empty state, as several nodes have them; at least one. The suites speak to them in turn. */
export interface OpenedState {
  readonly nodes: readonly [State, ...State[]];
  /** Closes them and removes what was made. */
  readonly cleanUp: () => Promise<void>;
}

/** How a test wants it otherwise. */
export interface StateWishes {
  readonly networkEntriesMax?: number;
}

/** Opens an empty state for one test. */
export type OpenState = (wishes?: StateWishes) => Promise<OpenedState>;

/** The time at which the suites begin. */
export const START = new Date('2026-01-01T00:00:00Z');

/** A moment after the beginning. */
export function after(ms: number): Date {
  return new Date(START.getTime() + ms);
}

/** R1's times. */
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const R1 = { delayMs: 5 * MINUTE_MS, windowMs: 24 * HOUR_MS };

/** Runs a test with an empty state and cleans up after it. `turn` gives the nodes one after the other. */
export async function withState(
  open: OpenState,
  test: (turn: () => State, opened: OpenedState) => Promise<void>,
  wishes: StateWishes = {},
): Promise<void> {
  const opened = await open(wishes);
  let at = 0;
  const turn = () => opened.nodes[at++ % opened.nodes.length] ?? opened.nodes[0];
  try {
    await test(turn, opened);
  } finally {
    await opened.cleanUp();
  }
}
