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

/** The authserv-id of a field. `unreadable`: a comment or quoted string before or around it does not end. */
type AuthservId = { readonly kind: 'id'; readonly id: string } | { readonly kind: 'absent' } | { readonly kind: 'unreadable' };

/**
 * Reads the authserv-id at the beginning of an Authentication-Results value (RFC 8601 §2.2): a token or quoted string after comments and
 * white space; lower case, without a trailing dot.
 */
export function readAuthservId(value: string): AuthservId {
  const start = skipComments(value);
  if (start === undefined) return { kind: 'unreadable' };
  const text = value.slice(start);
  if (text.startsWith('"')) {
    const quoted = QUOTED.exec(text)?.[1];
    return quoted === undefined ? { kind: 'unreadable' } : { kind: 'id', id: normalise(quoted.replace(/\\([\s\S])/gu, '$1')) };
  }
  const token = TOKEN.exec(text)?.[0];
  return token === undefined ? { kind: 'absent' } : { kind: 'id', id: normalise(token) };
}

const QUOTED = /^"((?:[^"\\]|\\[\s\S])*)"/u;
// RFC 2045 §5.1: a token is anything but white space, controls and tspecials. Some old versions wrote `id/1`: the slash ends it.
const TOKEN = /^[^\s\u0000-\u001f\u007f()<>@,;:\\"/[\]?=]+/u;

function normalise(id: string): string {
  return id.trim().toLowerCase().replace(/\.$/u, '');
}

/** The index after white space and comments, which nest (RFC 5322 §3.2.2); undefined when a comment does not end. */
function skipComments(value: string): number | undefined {
  let depth = 0;
  for (let at = 0; at < value.length; at += 1) {
    const char = value.charAt(at);
    if (char === '(') depth += 1;
    else if (depth > 0 && char === ')') depth -= 1;
    else if (depth > 0 && char === '\\') at += 1;
    else if (depth === 0 && !/\s/u.test(char)) return at;
  }
  return depth === 0 ? value.length : undefined;
}
