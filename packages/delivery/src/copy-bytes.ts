import type { Content, Range } from '@vratny/message';
import { formatReversePath, type ReversePath } from '@vratny/smtp';
import type { Consignment, Copy } from './port.ts';

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

/** How many octets {@link readKept} gives. */
export function keptSize(content: Content, omit: readonly Range[]): number {
  return keptRanges(content.sizeBytes, omit).reduce((sum, range) => sum + range.end - range.start, 0);
}

/** The content without the ranges of `omit`, in chunks of at most 64 KiB. Rejects when the spool cannot be read. */
export async function* readKept(content: Content, omit: readonly Range[]): AsyncGenerator<Buffer> {
  for (const range of keptRanges(content.sizeBytes, omit)) yield* content.read(range);
}

/** What stands before the message in a mailbox: Return-Path and the stamps of the copy. */
export function mailboxHead(consignment: Pick<Consignment, 'sender'>, copy: Copy): Buffer {
  return Buffer.from(returnPathLine(consignment.sender) + copy.stamps, 'utf8');
}
