import type { Range } from '../content.ts';
import {
  DECODED_MAX_BYTES,
  DECODINGS_MAX,
  DEPTH_MAX,
  FIELDS_READ_MAX_BYTES,
  NAMES_MAX,
  ODDITIES_MAX,
  PART_NAMES_MAX,
  PARTS_MAX,
} from '../limits.ts';
import type { DecodeStep, MessagePart, MessageTree, PartEncoding, PartForm } from './message-tree.ts';
import { decodeEncodedWords } from './names/field-readings.ts';
import type { Oddity, OddityKind } from './oddity.ts';

/** Bounds of one walk. What lies beyond is reported as `limit`. */
export interface WalkLimits {
  readonly maxParts: number;
  /** Parts inside each other. */
  readonly maxDepth: number;
  /** Transfer encodings around each other. */
  readonly maxDecodings: number;
  /** Octets that decoders may give, together. */
  readonly maxDecodedBytes: number;
  /** Octets of Content-* fields that are read, all together. */
  readonly maxFieldBytes: number;
}

/** The bounds of `limits.ts`. */
export const WALK_LIMITS: WalkLimits = {
  maxParts: PARTS_MAX,
  maxDepth: DEPTH_MAX,
  maxDecodings: DECODINGS_MAX,
  maxDecodedBytes: DECODED_MAX_BYTES,
  maxFieldBytes: FIELDS_READ_MAX_BYTES,
};

/** A part while the walk goes on: its end and its names may still come. */
export interface PartRecord {
  readonly path: string;
  readonly parent: string | undefined;
  readonly depth: number;
  readonly form: PartForm;
  mediaType: string;
  transferEncoding: PartEncoding;
  disposition: string | undefined;
  readonly names: Set<string>;
  header: { start: number; end: number } | undefined;
  /** Body and last step of the chain in one, so that a chain that was handed on learns the end. */
  readonly step: { start: number; end: number; encoding: PartEncoding };
  readonly chain: readonly DecodeStep[];
  children: number;
  /** Encodings that other readers decode the body with. */
  readonly otherEncodings: Set<PartEncoding>;
  /** Its content is read as a structure of its own (a message, TNEF, CMS): other encodings would need another walk. */
  opened: boolean;
  /** There is an octet in its decoded content that no text has. */
  binary: boolean;
  /** A multipart of which no part was seen: some readers take the body for a file. */
  leaf: boolean;
  /** The end of a report cuts it off. */
  cut: boolean;
  /** Of the message that it holds; undefined when it holds none. */
  subject: string | undefined;
}

/** Where a new part stands. */
interface PartPlace {
  readonly form: PartForm;
  readonly parent: PartRecord | undefined;
  /** Steps to the octets that it stands in. */
  readonly prefix: readonly DecodeStep[];
  readonly start: number;
}

/** Collects parts, names and oddities within the limits. */
export interface Recorder {
  /** Undefined when there are too many already; that is recorded. */
  add(place: PartPlace): PartRecord | undefined;
  addNames(part: PartRecord, names: Iterable<string>): void;
  note(kind: OddityKind, part: PartRecord | undefined): void;
  /** Takes back what the header of a part said. */
  revoke(part: PartRecord): void;
  finish(): MessageTree;
}

/** A part of which nothing but its place is known. */
function createPart({ form, parent, prefix, start }: PartPlace): PartRecord {
  if (parent !== undefined) parent.children += 1;
  const step = { start, end: start, encoding: 'identity' as PartEncoding };
  return {
    path: parent === undefined ? '1' : `${parent.path}.${parent.children}`,
    parent: parent?.path,
    depth: parent === undefined ? 0 : parent.depth + 1,
    form,
    mediaType: 'text/plain',
    transferEncoding: 'identity',
    disposition: undefined,
    names: new Set(),
    header: undefined,
    step,
    chain: [...prefix, step],
    children: 0,
    otherEncodings: new Set(),
    opened: false,
    binary: false,
    leaf: false,
    cut: false,
    subject: undefined,
  };
}

/** Creates an empty record. */
export function createRecorder(limits: WalkLimits): Recorder {
  const parts: PartRecord[] = [];
  const oddities = new Map<string, Oddity>();
  const kinds = new Set<OddityKind>();
  let names = 0;
  function note(kind: OddityKind, part: PartRecord | undefined): void {
    const partPath = part?.path ?? '1';
    const key = `${kind} ${partPath}`;
    // The first of a kind is always kept, so that harmless notes do not displace the one that decides the verdict.
    if (oddities.has(key) || (oddities.size >= ODDITIES_MAX && kinds.has(kind))) return;
    kinds.add(kind);
    oddities.set(key, { kind, partPath });
  }
  return {
    add({ form, parent, prefix, start }) {
      if (parts.length >= limits.maxParts) {
        note('limit', undefined);
        return undefined;
      }
      const part = createPart({ form, parent, prefix, start });
      parts.push(part);
      return part;
    },
    addNames(part, given) {
      for (const name of given) {
        if (name === '' || part.names.has(name)) continue;
        if (part.names.size >= PART_NAMES_MAX || names >= NAMES_MAX) return note('limit', part);
        part.names.add(name);
        names += 1;
      }
    },
    note,
    revoke(part) {
      names -= part.names.size;
      part.names.clear();
      part.mediaType = 'text/plain';
      part.transferEncoding = 'identity';
      part.disposition = undefined;
      for (const [key, { partPath }] of oddities) if (partPath === part.path) oddities.delete(key);
    },
    finish() {
      const cut = new Set(parts.filter((part) => part.cut).map((part) => part.path));
      const known = [...oddities.values()].map((one) =>
        cut.has(one.partPath) && OF_CUT.has(one.kind) ? { ...one, kind: 'cut-off' as const } : one,
      );
      return { parts: parts.map(toPart), oddities: known };
    },
  };
}

/** What a part that is cut off shows because of it: a header or a container that does not end. */
const OF_CUT: ReadonlySet<OddityKind> = new Set<OddityKind>([
  'undecodable',
  'missing-boundary',
  'malformed-type',
  'malformed-encoding',
  'unterminated-parameter',
  'broken-header',
]);

function toPart(part: PartRecord): MessagePart {
  const { path, parent, depth, form, mediaType, transferEncoding, disposition, step, chain } = part;
  const body: Range = { start: step.start, end: step.end };
  const titles = titlesOf(part);
  return {
    ...{ path, parent, depth, form, mediaType, transferEncoding, disposition, header: part.header, body, chain },
    names: [...part.names].filter((name) => !titles.includes(name)),
    titles,
    otherChains: otherChains(part),
    binary: part.binary,
    cut: part.cut,
  };
}

/** A message that is attached whole. */
const MESSAGE = /^message\/(?:rfc822|global|news)$/u;

/**
 * Names of an attached message that its subject gave it: readers show them and save it as a message. A word alone counts as the name of a
 * file, unless the message has that subject.
 */
function titlesOf({ mediaType, names, subject, binary }: PartRecord): readonly string[] {
  if (subject === undefined || binary || !MESSAGE.test(mediaType)) return [];
  const subjects = new Set(decodeEncodedWords(subject.replace(/\r?\n/gu, '')).concat(subject).map(withoutSpace));
  return [...names].filter((name) => /\S\s+\S/u.test(name.trim()) || subjects.has(withoutSpace(name)));
}

function withoutSpace(text: string): string {
  return text.replace(/\s+/gu, '').toLowerCase();
}

/** From the Content to the content as readers decode it that see another encoding, or a file where there is a multipart. */
function otherChains({ chain, step, otherEncodings, leaf, transferEncoding }: PartRecord): readonly (readonly DecodeStep[])[] {
  const encodings = leaf ? new Set([transferEncoding, ...otherEncodings]) : otherEncodings;
  return [...encodings].map((encoding) => [...chain.slice(0, -1), { ...step, encoding }]);
}
