import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { giveWay } from '@vratny/waiting';
import type { AttachmentStream, MailParser, MessageText } from 'mailparser';
import type { Content } from '../content.ts';
import {
  NAMES_MAX,
  READ_CHUNK_BYTES,
  SECOND_VIEW_FIELDS_MAX_BYTES,
  SECOND_VIEW_LINE_MAX_BYTES,
  SECOND_VIEW_MAX_BYTES,
  SECOND_VIEW_MAX_LINES,
  SECOND_VIEW_MAX_TURNS,
  SECOND_VIEW_RUN_LINES,
  SECOND_VIEW_TEXT_LINE_MAX_BYTES,
  SECOND_VIEW_WHITE_SPACE_MAX,
} from '../limits.ts';
import { CR, DASH, LF, SPACE, TAB } from '../octets.ts';

/** A name as the second view sees it. */
export interface SecondName {
  readonly name: string;
  /** Of the part; empty when mailparser has none. */
  readonly mediaType: string;
  /** As mailparser numbers parts. */
  readonly partPath: string;
}

/** What the second view found. */
export interface SecondView {
  readonly names: readonly SecondName[];
  /** True when it stopped before the end: the message is larger than it may read, or it failed. */
  readonly cut: boolean;
}

/** Bounds of the second view. */
export interface SecondViewLimits {
  /** Octets and lines that it reads, after plain body lines were thinned out. */
  readonly maxBytes: number;
  readonly maxLines: number;
}

const LIMITS: SecondViewLimits = { maxBytes: SECOND_VIEW_MAX_BYTES, maxLines: SECOND_VIEW_MAX_LINES };

/** What the typings leave out: the parser is a stream of its results and numbers its parts. */
type Piece = (AttachmentStream | MessageText) & { readonly partId?: string | null };

/** What mailparser is doing, and what waits for it. */
let before: Promise<unknown> = Promise.resolve();

/**
 * One piece of mailparser's work at a time in this process: it reads a header in one go, and several of them would fall into one turn of the event
 * loop.
 */
function alone<T>(work: () => Promise<T>): Promise<T> {
  const done = before.then(work);
  before = done.catch(() => undefined);
  return done;
}

/** The library, which is a large part of what a process holds: only those who look at messages load it. */
export const loadSecondView = () => import('mailparser');

/** The names of attachments as mailparser sees them. Rejects only when the spool cannot be read; what mailparser throws makes it `cut`. */
export async function secondView(content: Content, limits: SecondViewLimits = LIMITS): Promise<SecondView> {
  const library = await loadSecondView();
  const names: SecondName[] = [];
  const parser = new library.MailParser({ skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true, skipTextLinks: true });
  const progress = { failed: false, ended: false, lines: 0 };
  parser.on('error', () => {
    progress.failed = true;
  });
  parser.once('end', () => {
    progress.ended = true;
  });
  parser.on('data', (piece: Piece) => {
    if (piece.type !== 'attachment') return;
    if (piece.filename !== undefined && piece.filename !== '' && names.length < NAMES_MAX) {
      names.push({ name: piece.filename, mediaType: piece.contentType, partPath: piece.partId ?? '' });
    }
    // The typings call it a stream only; reading it to its end is what `resume` is for.
    if (piece.content instanceof Readable) piece.content.on('error', () => undefined).resume();
    piece.release();
  });
  const whole = await feed(content, parser, limits, progress);
  const ended = await alone(() => {
    if (!progress.failed) parser.end();
    return settled(progress.lines, () => progress.ended || progress.failed);
  });
  parser.destroy();
  return { names, cut: !whole || !ended || progress.failed };
}

interface Progress {
  failed: boolean;
  ended: boolean;
  /** That were given to the parser. */
  lines: number;
}

/** Returns whether the parser got all it should. */
async function feed(content: Content, parser: MailParser, { maxBytes, maxLines }: SecondViewLimits, progress: Progress): Promise<boolean> {
  const thinner = createLineThinner();
  const block = Buffer.allocUnsafeSlow(READ_CHUNK_BYTES);
  let bytes = 0;
  async function give(kept: readonly Buffer[]): Promise<boolean> {
    progress.lines += kept.length;
    for (const piece of kept) bytes += piece.length;
    if (bytes > maxBytes || progress.lines > maxLines) return false;
    if (kept.length === 0) return !progress.failed;
    const taken = await alone(() => {
      let isTaken = false;
      // One write per chunk, and a copy: the parser keeps what it is given.
      parser.write(Buffer.concat(kept), () => {
        isTaken = true;
      });
      return settled(kept.length, () => isTaken || progress.failed);
    });
    return taken && !progress.failed;
  }
  for await (const chunk of content.read(undefined, block)) {
    if (!(await give(thinner.push(chunk)))) return false;
    await giveWay();
  }
  return (await give(thinner.finish())) && !thinner.cut;
}

/** Gives way to other work until it is so; false when the parser stopped for good. */
async function settled(lines: number, isSo: () => boolean): Promise<boolean> {
  for (let turn = 0; turn < SECOND_VIEW_MAX_TURNS + 2 * lines; turn += 1) {
    await setImmediate();
    if (isSo()) return true;
  }
  return false;
}

/** Leaves out what no parser of MIME can take for structure. */
interface LineThinner {
  /** The lines of `chunk` that are kept, as far as they have ended. */
  push(chunk: Buffer): readonly Buffer[];
  /** The rest: a last line without an end. */
  finish(): readonly Buffer[];
  /** True when a header had more of the fields that matter than is kept. */
  readonly cut: boolean;
}

/** What a line is, by its beginning. `field` is one without meaning for attachments; `fold` goes with the line before it. */
type LineKind = 'empty' | 'dash' | 'fold' | 'content' | 'field' | 'plain';

/** Of a line, so many octets decide what it is. */
const DECIDING_BYTES = 256;

/**
 * Keeps what may be structure: empty lines, lines that begin with a dash, and fields whose names have `content` in them, with their folds.
 * Other fields go (addresses and identifiers cost mailparser most, and name no attachment), and so do the rest of a long run of text and the rest
 * of a very long line. A body of 100 MB becomes a few kB.
 */
export function createLineThinner(): LineThinner {
  let kind: LineKind = 'empty';
  let open = false;
  /** Octets of the open line so far. */
  let length = 0;
  let plainLines = 0;
  let fieldBytes = 0;
  let cut = false;
  const squeeze = createSqueeze();

  function begin(line: Buffer): void {
    open = true;
    length = 0;
    squeeze.reset();
    const begins = kindOf(line);
    if (begins !== 'fold') kind = begins;
    if (kind === 'empty' || kind === 'dash') fieldBytes = 0;
    plainLines = kind === 'plain' ? plainLines + 1 : 0;
  }
  function isKept(octets: number): boolean {
    if (kind === 'field') return false;
    if (kind === 'plain') return plainLines <= SECOND_VIEW_RUN_LINES;
    if (kind !== 'content') return true;
    fieldBytes += octets;
    if (fieldBytes > SECOND_VIEW_FIELDS_MAX_BYTES) cut = true;
    return fieldBytes <= SECOND_VIEW_FIELDS_MAX_BYTES;
  }
  function take(piece: Buffer): Buffer | undefined {
    if (!open) begin(piece);
    const from = length;
    length += piece.length;
    const ends = piece.at(-1) === LF;
    open = !ends;
    if (!isKept(piece.length)) return undefined;
    const max = kind === 'content' ? SECOND_VIEW_LINE_MAX_BYTES : SECOND_VIEW_TEXT_LINE_MAX_BYTES;
    if (from >= max) return ends ? piece.subarray(-1) : undefined;
    if (length <= max) return squeeze.take(piece);
    const shown = squeeze.take(piece.subarray(0, max - from));
    return ends ? Buffer.concat([shown, piece.subarray(-1)]) : shown;
  }
  const pieces = createPieces(take, () => open);
  return {
    push: (chunk) => pieces.push(chunk),
    finish: () => pieces.finish(),
    get cut() {
      return cut;
    },
  };
}

/** Splits chunks into lines, or pieces of them; the beginning of a line waits until it is long enough to be judged. */
function createPieces(
  take: (piece: Buffer) => Buffer | undefined,
  isOpen: () => boolean,
): { push(chunk: Buffer): readonly Buffer[]; finish(): readonly Buffer[] } {
  let begun: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      const octets = begun.length === 0 ? chunk : Buffer.concat([begun, chunk]);
      begun = Buffer.alloc(0);
      const kept: Buffer[] = [];
      for (let at = 0; at < octets.length; ) {
        const lf = octets.indexOf(LF, at);
        const end = lf === -1 ? octets.length : lf + 1;
        if (lf === -1 && !isOpen() && end - at < DECIDING_BYTES) {
          begun = Buffer.from(octets.subarray(at));
          break;
        }
        const piece = take(octets.subarray(at, end));
        if (piece !== undefined) kept.push(piece);
        at = end;
      }
      return kept;
    },
    finish() {
      const last = begun.length === 0 ? undefined : take(begun);
      begun = Buffer.alloc(0);
      return last === undefined ? [] : [last];
    },
  };
}

/** Shortens long runs of white space: mailparser takes time with the square of one in quoted-printable text. */
function createSqueeze(): { reset(): void; take(piece: Buffer): Buffer } {
  let white = 0;
  return {
    reset() {
      white = 0;
    },
    take(piece) {
      let shorter: Buffer | undefined;
      let used = 0;
      for (const [at, octet] of piece.entries()) {
        white = octet === SPACE || octet === TAB ? white + 1 : 0;
        if (white <= SECOND_VIEW_WHITE_SPACE_MAX) {
          if (shorter !== undefined) shorter[used] = octet;
          used += 1;
        } else if (shorter === undefined) {
          shorter = Buffer.allocUnsafeSlow(piece.length);
          piece.copy(shorter, 0, 0, at);
        }
      }
      return shorter?.subarray(0, used) ?? piece;
    },
  };
}

function kindOf(line: Buffer): LineKind {
  const first = line[0];
  if (first === LF || (first === CR && line[1] === LF)) return 'empty';
  if (first === DASH) return 'dash';
  if (first === SPACE || first === TAB) return 'fold';
  const beginning = line.toString('latin1', 0, DECIDING_BYTES);
  const colon = beginning.indexOf(':');
  // A name may be folded before its colon: then the line has none.
  const name = colon === -1 ? beginning : beginning.slice(0, colon);
  if (/content/iu.test(name)) return 'content';
  return colon === -1 ? 'plain' : 'field';
}
