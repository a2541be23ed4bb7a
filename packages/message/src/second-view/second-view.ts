import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { giveWay } from '@vratny/waiting';
import { type AttachmentStream, MailParser, type MessageText } from 'mailparser';
import type { Content } from '../content.ts';
import { NAMES_MAX, READ_CHUNK_BYTES, SECOND_VIEW_MAX_BYTES, SECOND_VIEW_MAX_LINES, SECOND_VIEW_MAX_TURNS } from '../limits.ts';
import { createLineThinner } from './thin-lines.ts';

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

/** The names of attachments as mailparser sees them. Rejects only when the spool cannot be read; what mailparser throws makes it `cut`. */
export async function secondView(content: Content, limits: SecondViewLimits = LIMITS): Promise<SecondView> {
  const names: SecondName[] = [];
  const parser = new MailParser({ skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true, skipTextLinks: true });
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
