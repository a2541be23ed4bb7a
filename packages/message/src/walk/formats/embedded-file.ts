import type { PartForm } from '../message-tree.ts';
import type { PartRecord } from '../recorder.ts';
import type { Inside, Walk } from '../walk.ts';

/** A file that stands as it is in the decoded octets of a container. */
export interface EmbeddedFile {
  readonly form: PartForm;
  /** In the octets that the container's chain gives. */
  readonly start: number;
  readonly end: number;
  readonly names: readonly string[];
}

/** Records it as a part of the container; undefined when there are too many parts. */
export function addFile(walk: Walk, inside: Inside, { form, start, end, names }: EmbeddedFile): PartRecord | undefined {
  if (inside.part.depth >= walk.limits.maxDepth) {
    walk.recorder.note('too-deep', inside.part);
    return undefined;
  }
  const part = walk.recorder.add({ form, parent: inside.part, prefix: inside.chain, start });
  if (part === undefined) return undefined;
  part.mediaType = 'application/octet-stream';
  part.step.end = end;
  walk.recorder.addNames(part, names);
  return part;
}
