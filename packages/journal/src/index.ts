/** The journal: the closed union of events, the trace, and the port that records them; and the port of the history. */
export { domainOf, type History, type HistoryEntry, HistoryFault, type HistoryVerdict } from './history/port.ts';
export { newReceipt, newSessionId, parseReceipt } from './ids.ts';
export type { Event, FactEntry, Journal, Occasion, Trace, TraceEntry } from './port.ts';
