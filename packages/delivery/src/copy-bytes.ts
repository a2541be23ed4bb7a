import { createHash } from 'node:crypto';
import { atOnce, type Content, type Range } from '@vratny/message';
import { formatReversePath, type ReversePath } from '@vratny/smtp';
import { describeError } from '@vratny/text';
import type { Copy, DeliveryRequest } from './port.ts';

/** The line that final delivery puts first (RFC 5321 §4.4): where bounces would go. */
function returnPathLine(sender: ReversePath): string {
  return `Return-Path: <${formatReversePath(sender)}>\r\n`;
}

/** What is left of `sizeBytes` octets without the ranges of `omit`, which ascend and do not overlap. */
export function keptRanges(sizeBytes: number, omit: readonly Range[]): readonly Range[] {
  const kept: Range[] = [];
  let start = 0;
  for (const range of omit) {
    if (range.start > start) kept.push({ start, end: range.start });
    start = Math.max(start, range.end);
  }
  if (start < sizeBytes) kept.push({ start, end: sizeBytes });
  return kept;
}

/** How many octets {@link readChecked} gives. */
export function keptSize(content: Content, omit: readonly Range[]): number {
  return keptRanges(content.sizeBytes, omit).reduce((sum, range) => sum + range.end - range.start, 0);
}

/**
 * The content without the ranges of `omit`, in chunks of at most 64 KiB. All of it is read, omitted ranges too, and its SHA-256 compared with
 * that of what was scanned: this rejects at the end when they differ, so whoever gets there may store, and nobody else. Rejects also when
 * the spool cannot be read. Who is done with a chunk when it asks for the next may lend a `block`, as for `Content.read`.
 */
export async function* readChecked(content: Content, omit: readonly Range[], block?: Buffer): AsyncGenerator<Buffer> {
  const kept = createSelection(content, omit);
  const hash = createHash('sha256');
  for await (const chunk of readable(content, block)) {
    hash.update(chunk);
    yield* kept(chunk);
  }
  if (hash.digest('hex') !== content.sha256) throw new Error(CHANGED);
}

const CHANGED = 'the spooled message is not the one that was scanned';

/** As {@link readChecked}, where the message can be walked without waiting: then it throws. Undefined where it cannot. */
export function readCheckedAtOnce(content: Content, omit: readonly Range[]): Iterable<Buffer> | undefined {
  const chunks = atOnce(content.read());
  return chunks === undefined ? undefined : checkAtOnce(chunks, content, omit);
}

function* checkAtOnce(chunks: Iterable<Buffer>, content: Content, omit: readonly Range[]): Generator<Buffer> {
  const kept = createSelection(content, omit);
  const digest = createHash('sha256');
  for (const chunk of chunks) {
    digest.update(chunk);
    yield* kept(chunk);
  }
  if (digest.digest('hex') !== content.sha256) throw new Error(CHANGED);
}

async function* readable(content: Content, block: Buffer | undefined): AsyncGenerator<Buffer> {
  try {
    yield* content.read(undefined, block);
  } catch (error) {
    throw new Error(`the spooled message cannot be read: ${describeError(error)}`, { cause: error });
  }
}

/** Of each chunk, in order, the parts that are not omitted. */
function createSelection(content: Content, omit: readonly Range[]): (chunk: Buffer) => readonly Buffer[] {
  const ranges = keptRanges(content.sizeBytes, omit);
  let next = 0;
  let start = 0;
  return (chunk) => {
    const pieces: Buffer[] = [];
    const end = start + chunk.length;
    for (let range = ranges[next]; range !== undefined && range.start < end; range = ranges[next]) {
      const piece = chunk.subarray(Math.max(range.start - start, 0), Math.min(range.end, end) - start);
      if (piece.length > 0) pieces.push(piece);
      if (range.end > end) break;
      next += 1;
    }
    start = end;
    return pieces;
  };
}

/** A copy as it will lie in a mailbox: what stands before the message (Return-Path and stamps), and the octets of all of it. */
export function measureCopy(
  { sender, content, omit }: DeliveryRequest,
  { stamps }: Copy,
): { readonly head: Buffer; readonly sizeBytes: number } {
  const head = Buffer.from(returnPathLine(sender) + stamps, 'utf8');
  return { head, sizeBytes: head.length + keptSize(content, omit) };
}
