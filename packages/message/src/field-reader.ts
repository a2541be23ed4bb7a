import type { Header, HeaderField } from './header.ts';
import { CR, LF, SPACE, TAB } from './octets.ts';
import { createOpenField } from './open-field.ts';

/** Reads header fields from chunks, however they are split. Linear; holds the fields and at most 64 KiB of the open one. */
export interface FieldReader {
  /** False when the section is over or has too many fields: nothing more need be pushed. */
  push(chunk: Buffer): boolean;
  /** `cutOff`: the message goes on behind what was pushed. */
  finish(cutOff: boolean): Header;
}

/** Creates a reader that stops after `maxFields` fields. Lines that are no field count as one: they cost as much. */
export function createFieldReader(maxFields: number): FieldReader {
  const fields: HeaderField[] = [];
  const open = createOpenField();
  let seen = 0;
  let atLineStart = true;
  let lineStart = 0;
  let lineBeginsWithCr = false;
  /** Of the chunk. */
  let offset = 0;
  let bodyStart: number | undefined;
  let firstLine: number | undefined;

  function closeField(end: number): void {
    const field = open.close(end);
    if (field !== undefined) fields.push(field);
  }
  /** A line that does not begin with white space closes the field before it (RFC 5322 §2.2.3) and opens the next. */
  function beginLine(octet: number | undefined, at: number): void {
    atLineStart = false;
    lineStart = at;
    lineBeginsWithCr = octet === CR;
    if (octet === SPACE || octet === TAB) return;
    firstLine ??= at;
    closeField(at);
    open.begin(at);
    seen += 1;
  }
  /** Reads lines until the chunk or the section ends; returns whether the section goes on. */
  function scan(chunk: Buffer): boolean {
    for (let at = 0; at < chunk.length; ) {
      if (atLineStart) beginLine(chunk[at], offset + at);
      const lf = chunk.indexOf(LF, at);
      const end = lf === -1 ? chunk.length : lf + 1;
      if (lf !== -1 && offset + lf === (lineBeginsWithCr ? lineStart + 1 : lineStart)) {
        bodyStart = offset + end;
        return false;
      }
      // Only a whole line is known not to be the empty one, which is no field too many.
      if (lf !== -1 && seen > maxFields) return false;
      open.add(chunk, at, end);
      atLineStart = lf !== -1;
      at = end;
    }
    return true;
  }
  return {
    push(chunk) {
      const goesOn = scan(chunk);
      offset += chunk.length;
      return goesOn;
    },
    finish(cutOff) {
      const found = { fields, strayEnd: firstLine ?? offset };
      if (bodyStart !== undefined) return { ...found, bodyStart, truncated: false };
      if (seen > maxFields) return { ...found, bodyStart: lineStart, truncated: true };
      if (!cutOff) closeField(offset);
      return { ...found, bodyStart: offset, truncated: cutOff };
    },
  };
}
