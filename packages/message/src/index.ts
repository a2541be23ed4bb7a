/** The message as bytes. Never throws on what it reads. */

export type { ByteBudget } from './byte-budget.ts';
export { createByteBudget } from './byte-budget.ts';
export type { CollectedName, NameCollection } from './collect-names.ts';
export { collectNames } from './collect-names.ts';
export type { Chunks, Content, Range } from './content.ts';
export type { Gate, GateProblems } from './gate.ts';
export { createGate } from './gate.ts';
export type { Header, HeaderField, HeaderLimits } from './header.ts';
export { atOnce, countReceived, readHeader } from './header.ts';
export { HEADER_MAX_BYTES, HEADER_MAX_FIELDS, MEMORY_MAX_BYTES } from './limits.ts';
export { findRemovals } from './removals.ts';
export type { SecondName, SecondView, SecondViewLimits } from './second-view/second-view.ts';
export { loadSecondView, secondView } from './second-view/second-view.ts';
export type { OpenSpoolFile, Spool, SpoolFaultKind, SpoolFile, SpoolOptions } from './spool.ts';
export { contentOf, createSpool, SpoolFault } from './spool.ts';
export type { DecodeStep, MessagePart, MessageTree, PartEncoding, PartForm } from './walk/message-tree.ts';
export { carriesAttachment, mayHoldFiles } from './walk/message-tree.ts';
export { FORBIDDEN_EXTENSIONS, forbiddenExtension } from './walk/names/forbidden-extension.ts';
export type { Oddity, OddityKind } from './walk/oddity.ts';
export { isAmbiguous } from './walk/oddity.ts';
export type { PartReader, PartReaderLimits } from './walk/part-reader.ts';
export { createPartReader } from './walk/part-reader.ts';
export type { WalkLimits } from './walk/recorder.ts';
export { walkMessage } from './walk/walk-message.ts';
