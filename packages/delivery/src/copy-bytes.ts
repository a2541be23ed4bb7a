import { createHash } from 'node:crypto';
import { atOnce, type Content, type Range } from '@vratny/message';
import { formatReversePath, type ReversePath } from '@vratny/smtp';
import { describeError } from '@vratny/text';
import type { Copy, DeliveryRequest } from './port.ts';

/** The Return-Path line, which final delivery adds (RFC 5321 §4.4). */
function returnPathLine(sender: ReversePath): string {
  return `Return-Path: <${formatReversePath(sender)}>\r\n`;
}

/** The ranges of `sizeBytes` octets that are not in `omit`. The ranges of `omit` ascend and do not overlap. */
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

/** The number of octets that {@link readChecked} gives. */
export function keptSize(content: Content, omit: readonly Range[]): number {
  return keptRanges(content.sizeBytes, omit).reduce((sum, range) => sum + range.end - range.start, 0);
}

/**
 * The content without the ranges of `omit`, in chunks of at most 64 KiB. The whole content is read, including the
 * omitted ranges, and its SHA-256 is compared with that of the scanned content. Rejects after the last chunk when the
 * two differ: the caller must not store the message before the generator has returned. Rejects also when the spool
 * cannot be read. A caller that has finished with each chunk before it asks for the next one may pass a `block`, as for
 * `Content.read`.
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

/**
 * The same without promises, for a content that is in memory; it throws where {@link readChecked} rejects. Undefined
 * when the content is in a file.
 */
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

/** Gives the parts of each chunk that are not omitted. Chunks must be passed in order. */
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

/** A copy as it is stored: `head` is Return-Path and stamps, `sizeBytes` the size of head and message. */
export function measureCopy(
  { sender, content, omit }: DeliveryRequest,
  { stamps }: Copy,
): { readonly head: Buffer; readonly sizeBytes: number } {
  const head = Buffer.from(returnPathLine(sender) + stamps, 'utf8');
  return { head, sizeBytes: head.length + keptSize(content, omit) };
}
