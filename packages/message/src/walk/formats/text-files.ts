import { TEXT_LINE_MAX_BYTES } from '../../limits.ts';
import { CR, LF } from '../../octets.ts';
import type { ByteSink } from '../byte-sink.ts';
import type { Inside, Walk } from '../walk.ts';
import { createTextFile, type TextFile } from './text-file.ts';

/** How lines begin that begin a file. */
const STARTS: readonly Buffer[] = ['\nbegin', '\n=ybegin', '\n(This'].map((text) => Buffer.from(text));
const FIRST_OCTETS: ReadonlySet<number | undefined> = new Set(['b', '=', '('].map((text) => text.charCodeAt(0)));
const NOTHING = Buffer.alloc(0);

interface Scan {
  readonly file: TextFile;
  /** Begins a line, or continues one that is `skipping`. */
  pending: Buffer;
  /** In front of `pending`. */
  position: number;
  /** In the rest of a line that is longer than one that matters. */
  skipping: boolean;
}

/**
 * Finds files that stand in a text: uuencode, yEnc, BinHex. Each becomes a part with its name and is itself looked into. `offset`: where
 * the text begins in the octets that `inside.chain` gives.
 */
export function createTextFileFinder(walk: Walk, inside: Inside, offset: number): ByteSink {
  const scan: Scan = { file: createTextFile(walk, inside), pending: NOTHING, position: offset, skipping: false };
  return {
    push(bytes) {
      let at = scan.pending.length > 0 ? takeBegun(scan, bytes) : 0;
      while (at < bytes.length) {
        at = skipLines(scan, bytes, at);
        const lf = at < bytes.length ? bytes.indexOf(LF, at) : -1;
        if (lf === -1) {
          keep(scan, bytes.subarray(at));
          return;
        }
        takeWhole(scan, bytes.subarray(at, lf + 1));
        at = lf + 1;
      }
    },
    end() {
      if (scan.pending.length > 0) takeWhole(scan, scan.pending);
      scan.file.finish(scan.position);
    },
  };
}

/** Ends the line that the last octets began; returns where the next one begins. Only the line is copied, not what follows it. */
function takeBegun(scan: Scan, bytes: Buffer): number {
  const end = bytes.indexOf(LF) + 1;
  const line = Buffer.concat([scan.pending, end === 0 ? bytes : bytes.subarray(0, end)]);
  scan.pending = NOTHING;
  if (end === 0) keep(scan, line);
  else takeWhole(scan, line);
  return end === 0 ? bytes.length : end;
}

/** Outside of a file: goes on to the next line that may begin one, at the farthest to the last line, which is not whole. */
function skipLines(scan: Scan, bytes: Buffer, from: number): number {
  if (scan.file.busy || scan.skipping || FIRST_OCTETS.has(bytes[from])) return from;
  const start = nextStart(bytes, from);
  const to = start < bytes.length ? start : Math.max(from, bytes.lastIndexOf(LF) + 1);
  scan.position += to - from;
  return to;
}

function nextStart(bytes: Buffer, from: number): number {
  let nearest = bytes.length;
  for (const needle of STARTS) {
    const at = bytes.subarray(0, nearest + needle.length).indexOf(needle, from);
    if (at !== -1 && at + 1 < nearest) nearest = at + 1;
  }
  return nearest;
}

/** The beginning of a line whose end has not come. */
function keep(scan: Scan, rest: Buffer): void {
  if (rest.length === 0) return;
  if (!scan.skipping && rest.length < TEXT_LINE_MAX_BYTES) {
    scan.pending = Buffer.from(rest);
    return;
  }
  take(scan, rest.subarray(0, TEXT_LINE_MAX_BYTES), rest);
  scan.skipping = true;
}

function takeWhole(scan: Scan, whole: Buffer): void {
  take(scan, withoutLineEnd(whole).subarray(0, TEXT_LINE_MAX_BYTES), whole);
  scan.pending = NOTHING;
  scan.skipping = false;
}

function take(scan: Scan, line: Buffer, whole: Buffer): void {
  const start = scan.position;
  scan.position += whole.length;
  if (scan.skipping) scan.file.takeRest(whole);
  else scan.file.takeLine({ line, whole, start, end: scan.position });
}

function withoutLineEnd(line: Buffer): Buffer {
  let end = line.length;
  if (line[end - 1] === LF) end -= 1;
  if (line[end - 1] === CR) end -= 1;
  return line.subarray(0, end);
}
