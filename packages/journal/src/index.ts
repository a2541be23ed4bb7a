/** The journal: the closed union of events, the trace, and the port that records them. */
export { newReceipt, newSessionId } from './ids.ts';
export type { Event, FactEntry, Journal, Occasion, Trace, TraceEntry } from './port.ts';
