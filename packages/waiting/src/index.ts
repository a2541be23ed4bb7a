export { allOf } from './all-of.ts';
export {
  abortSignalOf,
  type Cancellation,
  type Canceller,
  createCanceller,
  onAbort,
  throwIfAborted,
} from './cancellation.ts';
export { type Deadline, type DeadlineOptions, startDeadline } from './deadline.ts';
export { turnOfEventLoop } from './event-loop.ts';
export { giveWay } from './give-way.ts';
export { createTurns, createWaitingList, type NoTurn, type Turn, type Turns, type Waited, type WaitingList } from './queue.ts';
export { runSteps, type Steps, wait } from './steps.ts';
export { DeadlineError, pause, until, withDeadline, withGrace } from './until.ts';
