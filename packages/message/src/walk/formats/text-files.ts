import { TEXT_LINE_MAX_BYTES } from '../../limits.ts';
import { COLON, CR, LF } from '../../octets.ts';
import type { ByteSink } from '../byte-sink.ts';
import { type BeginLine, followingOf, readBeginLine } from '../encodings/begin-line.ts';
import { isUuEnd } from '../encodings/decoder.ts';
import type { Inside, Walk } from '../walk.ts';

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

/** A line of text and where it stands. */
interface TextLine {
  /** Without its line end, cut where it is too long to matter. */
  readonly line: Buffer;
  /** With its line end. */
  readonly whole: Buffer;
  readonly start: number;
  readonly end: number;
}

/** The embedded file that lines belong to, one at a time. */
interface TextFile {
  /** False outside of a file: then only lines that may begin one need be taken. */
  readonly busy: boolean;
  takeLine(text: TextLine): void;
  /** The rest of a line that was cut. */
  takeRest(bytes: Buffer): void;
  finish(end: number): void;
}

interface OpenFile {
  readonly begin: BeginLine;
  readonly finish: (end: number) => void;
  readonly push: (bytes: Buffer) => void;
  lines: number;
}

/** Creates the place for one file at a time. */
function createTextFile(walk: Walk, inside: Inside): TextFile {
  let open: OpenFile | undefined;
  /** A line that begins a file when data follows. */
  let begun: Begun | undefined;
  function finish(end: number): void {
    open?.finish(end);
    open = undefined;
  }
  /** Whether this line shows that the file has begun. The lines in front of it belong to the file. */
  function decide(text: TextLine): void {
    if (begun === undefined) return;
    const following = followingOf(begun.begin, text.line, begun.others === 0);
    begun.lines.push(Buffer.from(text.whole));
    if (following === 'text') begun.others += 1;
    if (following === 'data') {
      open = openFile(walk, inside, begun.begin, begun.start);
      for (const line of begun.lines.slice(0, -1)) push(open, line);
      begun = undefined;
    } else if (begun.others > OTHERS_MAX || begun.lines.length > BEGUN_MAX) begun = undefined;
  }
  function begin({ line, whole, start }: TextLine): void {
    // Data of yEnc and BinHex may look like anything; uuencoded data cannot look like a `begin`.
    if (open !== undefined && open.begin.form !== 'uuencode') return;
    const found = readBeginLine(line);
    if (found === undefined) return;
    finish(start);
    begun = { begin: found, start, lines: [Buffer.from(whole)], others: 0 };
  }
  return {
    get busy() {
      return open !== undefined || begun !== undefined;
    },
    takeLine(text) {
      const wasOpen = open !== undefined;
      const last = begun;
      begin(text);
      // The line that begins a file is not the one behind it.
      if (begun !== undefined && begun !== last) return;
      if (!wasOpen) decide(text);
      if (open === undefined) return;
      push(open, text.whole);
      if (isLastLine(open, text.line)) finish(text.end);
    },
    takeRest: (bytes) => open?.push(bytes),
    finish,
  };
}

/** A line that may begin a file, and what stands behind it. */
interface Begun {
  readonly begin: BeginLine;
  readonly start: number;
  readonly lines: Buffer[];
  /** Lines that are neither data nor blank. */
  others: number;
}

/** Lines of text that readers pass over between the beginning and the data, and lines that are kept meanwhile. */
const OTHERS_MAX = 4;
const BEGUN_MAX = 16;

function push(open: OpenFile | undefined, whole: Buffer): void {
  if (open === undefined) return;
  open.lines += 1;
  open.push(whole);
}

function openFile(walk: Walk, inside: Inside, begin: BeginLine, start: number): OpenFile | undefined {
  const part = walk.recorder.add({ form: begin.form, parent: inside.part, prefix: inside.chain, start });
  if (part === undefined) return undefined;
  walk.recorder.addNames(part, [begin.name]);
  part.mediaType = 'application/octet-stream';
  part.transferEncoding = begin.form;
  part.step.encoding = begin.form;
  const sink = walk.readContent({ part, chain: part.chain }, begin.form);
  const finish = (end: number): void => {
    part.step.end = end;
    sink.end();
  };
  return { begin, finish, push: (bytes) => sink.push(bytes), lines: 0 };
}

function isLastLine({ begin, lines }: OpenFile, line: Buffer): boolean {
  if (lines === 1) return false;
  if (begin.form === 'yenc') return line.toString('latin1', 0, 6) === '=yend ' || line.toString('latin1') === '=yend';
  if (begin.form === 'binhex') return line.at(-1) === COLON && (line.length > 1 || lines > 2);
  return begin.base64 ? line.toString('latin1', 0, 4) === '====' : isUuEnd(line);
}
