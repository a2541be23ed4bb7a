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
  /** Nothing of what is closed goes on: a closing delimiter, or the end of everything. */
  readonly ofAll?: boolean;
}

/** Ends everything above `index`, innermost first. */
export function closeAbove(open: OpenFrames, index: number, { at, bodyEnd, ofAll = false }: Ending): void {
  if (ofAll) noteCut(open, index);
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
    if (open.quoted.includes(frame)) {
      open.quoted = open.quoted.filter((one) => one !== frame);
      if (frame.part !== undefined) open.walk.recorder.revoke(frame.part);
    }
  }
}

/**
 * The last part of a report may be an original that was cut short (RFC 6522 §3): then nothing in it is closed, and what it ends with is not
 * whole.
 */
function noteCut({ frames }: OpenFrames, index: number): void {
  const report = frames.findLastIndex(({ part }, at) => at >= Math.max(0, index) && part?.mediaType === 'multipart/report');
  const original = frames[report + 1];
  const last = frames.at(-1);
  if (report === -1 || original === undefined || last?.part === undefined || frames.slice(report + 1).some((frame) => frame.closed)) return;
  const mediaType = original.part?.mediaType ?? '';
  if (last !== original && (mediaType.startsWith('message/') || mediaType === 'text/rfc822-headers')) last.part.cut = true;
}

function noteEnding({ walk: { recorder } }: OpenFrames, frame: Frame): void {
  if (!frame.multipart || frame.boundaries.length === 0) return;
  const decoded = frame.shadow?.shadow.delimiters ?? 0;
  if (decoded > 0 && decoded !== frame.delimiters) recorder.note('encoded-multipart', frame.part);
  if (frame.delimiters === 0 && frame.filled) {
    recorder.note('boundary-never-seen', frame.part);
    if (frame.part !== undefined) frame.part.leaf = true;
  } else if (!frame.closed) recorder.note('unclosed-multipart', frame.part);
}

/** The closing delimiter of a multipart was read; its epilogue begins at `at`. Its boundary stays live: some readers go on. */
export function closeMultipart({ walk, inside }: OpenFrames, frame: Frame, at: number): void {
  frame.closed = true;
  frame.body.end();
  const { part } = frame;
  const margin = part !== undefined && inside?.shadow === undefined;
  frame.body = margin ? createMargin(walk, { part, chain: part.chain }, at - part.step.start) : NOWHERE;
}
