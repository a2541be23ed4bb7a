import {
  SECOND_VIEW_FIELDS_MAX_BYTES,
  SECOND_VIEW_LINE_MAX_BYTES,
  SECOND_VIEW_RUN_LINES,
  SECOND_VIEW_TEXT_LINE_MAX_BYTES,
  SECOND_VIEW_WHITE_SPACE_MAX,
} from '../limits.ts';
import { CR, DASH, LF, SPACE, TAB } from '../octets.ts';

/** Leaves out what no parser of MIME can take for structure. */
export interface LineThinner {
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
