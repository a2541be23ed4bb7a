import type { Range } from '../content.ts';
import { NAMES_MAX, ODDITIES_MAX, PART_NAMES_MAX } from '../limits.ts';
import type { DecodeStep, MessagePart, MessageTree, PartEncoding, PartForm } from './message-tree.ts';
import type { Oddity, OddityKind } from './oddity.ts';
import type { WalkLimits } from './walk-limits.ts';

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
}

/** Where a new part stands. */
export interface PartPlace {
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
  finish(): MessageTree;
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
    // The first of a kind is always kept: harmless notes must not crowd out the one that decides.
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
      if (parent !== undefined) parent.children += 1;
      const path = parent === undefined ? '1' : `${parent.path}.${parent.children}`;
      const step = { start, end: start, encoding: 'identity' as PartEncoding };
      const part: PartRecord = {
        path,
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
      };
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
    finish: () => ({ parts: parts.map(toPart), oddities: [...oddities.values()] }),
  };
}

function toPart(part: PartRecord): MessagePart {
  const { path, parent, depth, form, mediaType, transferEncoding, disposition, step, chain } = part;
  const body: Range = { start: step.start, end: step.end };
  return { path, parent, depth, form, mediaType, transferEncoding, disposition, names: [...part.names], header: part.header, body, chain };
}
