/** The journal: the closed union of events, the trace, and the port that records them. */
export type { Event, FactEntry, Journal, Occasion, Trace, TraceEntry } from './port.ts';
