import { COLON } from '../../octets.ts';
import { type BeginLine, followingOf, isUuEnd, readBeginLine } from '../encodings/uuencode.ts';
import type { Inside, Walk } from '../walk.ts';

/** A line of text and where it stands. */
export interface TextLine {
  /** Without its line end, cut where it is too long to matter. */
  readonly line: Buffer;
  /** With its line end. */
  readonly whole: Buffer;
  readonly start: number;
  readonly end: number;
}

/** The embedded file that lines belong to, one at a time. */
export interface TextFile {
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
export function createTextFile(walk: Walk, inside: Inside): TextFile {
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
