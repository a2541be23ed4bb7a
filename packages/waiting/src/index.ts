export { allOf } from './all-of.ts';
export {
  abortSignalOf,
  type Cancellation,
  type Canceller,
  createCanceller,
  onAbort,
  throwIfAborted,
} from './cancellation.ts';
export { turnOfEventLoop } from './event-loop.ts';
export { giveWay } from './give-way.ts';
export { createTurns, createWaitingList, type NoTurn, type Turn, type Turns, type Waited, type WaitingList } from './queue.ts';
export { runSteps, type Steps, wait } from './steps.ts';
export { type Deadline, DeadlineError, type DeadlineOptions, pause, startDeadline, until, withDeadline, withGrace } from './until.ts';
