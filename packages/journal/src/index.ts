/** The journal: the closed union of events, the trace, and the port that records them. */
export type { Event, Occasion } from './event.ts';
export type { Journal } from './port.ts';
export type { FactEntry, Trace, TraceEntry } from './trace.ts';
