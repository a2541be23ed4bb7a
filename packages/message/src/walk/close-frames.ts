import { NOWHERE } from './byte-sink.ts';
import type { Frame } from './frame.ts';
import { createMargin } from './margin.ts';
import { endHeader, type OpenFrames } from './open-frames.ts';

/** Where a closed entity ends. */
export interface Ending {
  /** Where what ends it begins. */
  readonly at: number;
  /** Where its body ends: the last line end belongs to the delimiter. */
  readonly bodyEnd: number;
}

/** Ends everything above `index`, innermost first. */
export function closeAbove(open: OpenFrames, index: number, { at, bodyEnd }: Ending): void {
  while (open.frames.length - 1 > index) {
    const frame = open.frames.pop();
    if (frame === undefined) return;
    // A message that ends with its header begins the entity inside here, which is closed next.
    endHeader(open, frame, at, at);
    open.live.remove(frame.boundaries, frame);
    frame.body.end();
    frame.shadow?.sink.end();
    if (frame.shadow !== undefined) open.shadows = open.shadows.filter((sink) => sink !== frame.shadow?.sink);
    if (frame.part !== undefined) frame.part.step.end = Math.max(frame.part.step.start, bodyEnd);
    noteEnding(open, frame);
  }
}

function noteEnding({ walk: { recorder } }: OpenFrames, frame: Frame): void {
  if (!frame.multipart || frame.boundaries.length === 0) return;
  const decoded = frame.shadow?.shadow.delimiters ?? 0;
  if (decoded > 0 && decoded !== frame.delimiters) recorder.note('encoded-multipart', frame.part);
  if (frame.delimiters === 0 && frame.filled) recorder.note('boundary-never-seen', frame.part);
  else if (!frame.closed) recorder.note('unclosed-multipart', frame.part);
}

/** The closing delimiter of a multipart was read; its epilogue begins at `at`. Its boundary stays live: some readers go on. */
export function closeMultipart({ walk, inside }: OpenFrames, frame: Frame, at: number): void {
  frame.closed = true;
  frame.body.end();
  const { part } = frame;
  const margin = part !== undefined && inside?.shadow === undefined;
  frame.body = margin ? createMargin(walk, { part, chain: part.chain }, at - part.step.start) : NOWHERE;
}
