import { type AuthservId, readAuthservId } from './authserv-id.ts';
import type { Range } from './content.ts';
import type { Header, HeaderField } from './header.ts';

/**
 * What does not belong into a message from outside, as ascending ranges that neither overlap nor touch:
 * - `Authentication-Results` that claim to be ours (RFC 8601 §5). One whose authserv-id cannot be read to its end, or that is
 *   longer than 64 KiB, counts as ours: no honest filter writes it, and a reader might see our name where we did not look.
 * - every `X-Spam-*`: mailboxes sort by what our own filter writes there.
 * - every `Return-Path`: final delivery writes it, and removes what was there (RFC 5321 §4.4).
 * - lines at the very beginning that begin with white space: they would become a part of the line that we put before them.
 */
export function findRemovals({ fields, strayEnd }: Pick<Header, 'fields' | 'strayEnd'>, authservId: string): readonly Range[] {
  const ours = readAuthservId(authservId);
  const ranges: { start: number; end: number }[] = strayEnd > 0 ? [{ start: 0, end: strayEnd }] : [];
  for (const field of fields) {
    if (!isForeign(field, ours)) continue;
    const last = ranges.at(-1);
    if (last?.end === field.start) last.end = field.end;
    else ranges.push({ start: field.start, end: field.end });
  }
  return ranges;
}

function isForeign(field: HeaderField, ours: AuthservId): boolean {
  if (field.name.startsWith('x-spam-') || field.name === 'return-path') return true;
  if (field.name !== 'authentication-results') return false;
  if (field.cut) return true;
  const id = readAuthservId(field.value);
  return id.kind === 'unreadable' || (id.kind === 'id' && ours.kind === 'id' && id.id === ours.id);
}
