/** How much a soak does, and how wildly. */
export interface SoakPlan {
  readonly messages: number;
  /** Repeats what was drawn; when what happens meets what depends on the machine. */
  readonly seed: number;
  /** New messages in a second; those that come back are not counted. */
  readonly perSecond: number;
  readonly senders: number;
  /** Between the end of one fault and the next one of its kind. */
  readonly pauseMs: Span;
  /** How long a store or the state is away or frozen. */
  readonly awayMs: Span;
}

/** From and to, both included. */
export type Span = readonly [number, number];

/** Numbers from 0 up to 1. */
export type Random = () => number;

/** `node test/faults/soak.ts`: some seven minutes for 20,000 messages. */
export const LONG: Omit<SoakPlan, 'messages' | 'seed'> = {
  perSecond: 60,
  senders: 32,
  pauseMs: [500, 3_000],
  awayMs: [50, 3_000],
};

/** In the suite: the same in little. */
export const SHORT: Omit<SoakPlan, 'seed'> = { messages: 300, perSecond: 30, senders: 16, pauseMs: [100, 600], awayMs: [50, 800] };

/** Of all numbers of a span one. */
export function within([from, to]: Span, random: Random): number {
  return from + Math.floor(random() * (to - from + 1));
}

/** One of several, by their shares, which need not add up to anything. */
export function drawOne<T>(shares: readonly (readonly [number, T])[], random: Random): T {
  const sum = shares.reduce((total, [share]) => total + share, 0);
  let left = random() * sum;
  for (const [share, item] of shares) {
    left -= share;
    if (left < 0) return item;
  }
  throw new Error('nothing to draw from');
}
