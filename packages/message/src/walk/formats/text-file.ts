import { COLON } from '../../octets.ts';
import { isUuEnd } from '../encodings/uuencode.ts';
import { readContent } from '../read-content.ts';
import type { Inside, Walk } from '../walk.ts';
import { type BeginLine, looksUuencoded, readBeginLine } from './begin-line.ts';

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
  /** A `begin` without a mode: the next line decides. */
  let doubtful: { readonly begin: BeginLine; readonly start: number } | undefined;
  function finish(end: number): void {
    open?.finish(end);
    open = undefined;
  }
  function begin(line: Buffer, start: number): void {
    if (doubtful !== undefined && looksUuencoded(line)) open = openFile(walk, inside, doubtful.begin, doubtful.start);
    doubtful = undefined;
    // Data of yEnc and BinHex may look like anything; uuencoded data cannot look like a `begin`.
    const found = open !== undefined && open.begin.form !== 'uuencode' ? undefined : readBeginLine(line);
    if (found === undefined) return;
    finish(start);
    if (found.form === 'uuencode' && !found.sure) doubtful = { begin: found, start };
    else open = openFile(walk, inside, found, start);
  }
  return {
    get busy() {
      return open !== undefined || doubtful !== undefined;
    },
    takeLine({ line, whole, start, end }) {
      begin(line, start);
      if (open === undefined) return;
      open.lines += 1;
      open.push(whole);
      if (isLastLine(open, line)) finish(end);
    },
    takeRest: (bytes) => open?.push(bytes),
    finish,
  };
}

function openFile(walk: Walk, inside: Inside, begin: BeginLine, start: number): OpenFile | undefined {
  const part = walk.recorder.add({ form: begin.form, parent: inside.part, prefix: inside.chain, start });
  if (part === undefined) return undefined;
  walk.recorder.addNames(part, [begin.name]);
  part.mediaType = 'application/octet-stream';
  part.transferEncoding = begin.form;
  part.step.encoding = begin.form;
  const sink = readContent(walk, { part, chain: part.chain }, begin.form);
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
