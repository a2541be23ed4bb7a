import { type AuthservId, readAuthservId } from './authserv-id.ts';
import type { Range } from './content.ts';
import type { HeaderField } from './header.ts';

/**
 * What does not belong into a message from outside, as ascending ranges that neither overlap nor touch:
 * - `Authentication-Results` that claim to be ours (RFC 8601 §5). One whose authserv-id cannot be read to its end, or that is
 *   longer than 64 KiB, counts as ours: no honest filter writes it, and a reader might see our name where we did not look.
 * - every `X-Spam-*`: mailboxes sort by what our own filter writes there.
 */
export function findRemovals(fields: readonly HeaderField[], authservId: string): readonly Range[] {
  const ours = readAuthservId(authservId);
  const ranges: { start: number; end: number }[] = [];
  for (const field of fields) {
    if (!isForged(field, ours)) continue;
    const last = ranges.at(-1);
    if (last?.end === field.start) last.end = field.end;
    else ranges.push({ start: field.start, end: field.end });
  }
  return ranges;
}

function isForged(field: HeaderField, ours: AuthservId): boolean {
  if (field.name.startsWith('x-spam-')) return true;
  if (field.name !== 'authentication-results') return false;
  if (field.cut) return true;
  const id = readAuthservId(field.value);
  return id.kind === 'unreadable' || (id.kind === 'id' && ours.kind === 'id' && id.id === ours.id);
}
