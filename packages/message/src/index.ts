/** The message as bytes. Never throws on what it reads. */

export type { ByteBudget } from './byte-budget.ts';
export { createByteBudget } from './byte-budget.ts';
export type { Content, Range } from './content.ts';
export type { Gate, GateProblems } from './gate.ts';
export { createGate } from './gate.ts';
export type { Header, HeaderField, HeaderLimits } from './header.ts';
export { readHeader } from './header.ts';
export { HEADER_MAX_BYTES, HEADER_MAX_FIELDS, MEMORY_MAX_BYTES } from './limits.ts';
export { countReceived } from './received.ts';
export { findRemovals } from './removals.ts';
export type { Spool, SpoolOptions } from './spool.ts';
export { createSpool } from './spool.ts';
export type { SpoolFaultKind } from './spool-fault.ts';
export { SpoolFault } from './spool-fault.ts';
export type { OpenSpoolFile, SpoolFile } from './spool-file.ts';
export { contentOf } from './spooled-content.ts';
