import type { ShadowReader } from './body.ts';
import type { ByteSink } from './byte-sink.ts';
import { NOWHERE } from './byte-sink.ts';
import { findBoundaries } from './entity-boundaries.ts';
import type { HeaderSection } from './header-section.ts';
import { readFields } from './read-fields.ts';
import type { PartRecord } from './recorder.ts';

/** One entity that has begun and not ended. */
export interface Frame {
  /** Undefined when the message has too many parts: its lines are still read, for the delimiters. */
  readonly part: PartRecord | undefined;
  readonly defaultType: string;
  section: HeaderSection | undefined;
  multipart: boolean;
  boundaries: readonly string[];
  /** Own boundaries as the header said so far, and for how many fields. */
  early: { readonly count: number; readonly boundaries: readonly string[] };
  body: ByteSink;
  /** Gets all octets of the body, nested parts included. */
  shadow: ShadowReader | undefined;
  delimiters: number;
  /** Own boundaries that appeared. */
  readonly used: Set<string>;
  closed: boolean;
  /** A body octet that is no white space, in front of the first delimiter. */
  filled: boolean;
}

/** An entity of which nothing was read yet. */
export function createFrame(part: PartRecord | undefined, defaultType: string, section: HeaderSection | undefined): Frame {
  return {
    part,
    defaultType,
    section,
    multipart: false,
    boundaries: [],
    early: { count: 0, boundaries: [] },
    body: NOWHERE,
    shadow: undefined,
    delimiters: 0,
    used: new Set(),
    closed: false,
    filled: false,
  };
}

/** Boundaries that the open header has named already: for readers that end it at an odd line it is over. */
export function earlyBoundaries(frame: Frame | undefined): readonly string[] {
  if (frame?.section === undefined) return [];
  const { count } = frame.section;
  if (frame.early.count !== count) {
    frame.early = { count, boundaries: findBoundaries(readFields(frame.section.fields()), 'text/plain', () => undefined) };
  }
  return frame.early.boundaries;
}
