import { BOUNDARY_MAX_CHARS, DELIMITER_LINE_MAX_BYTES } from '../limits.ts';
import { readValues } from './names/parameter-names.ts';
import type { OddityKind } from './oddity.ts';
import type { ReadField } from './read-fields.ts';

/** Boundaries of one entity that are looked for: each costs a comparison at each line that begins with two dashes. */
const BOUNDARIES_MAX = 16;

/** Every boundary in every reading of every copy of Content-Type. */
export function findBoundaries(fields: readonly ReadField[], mediaType: string, note: (kind: OddityKind) => void): readonly string[] {
  const multipart = mediaType.startsWith('multipart/');
  const found = new Set<string>();
  for (const field of fields) {
    if (field.name !== 'content-type') continue;
    for (const reading of field.readings) {
      const own = reading.parameters.list.filter((one) => one.key === 'boundary');
      if (own.length === 0) continue;
      const readings = readValues(own);
      if (reading === field.first && multipart) for (const kind of readings.oddities) note(kind);
      // Delimiter lines are compared without trailing white space (RFC 2046 §5.1.1), so boundaries are too.
      for (const boundary of readings.texts) found.add(toOctetString(boundary.trimEnd()));
    }
  }
  found.delete('');
  const usable = [...found].filter((boundary) => boundary.length < DELIMITER_LINE_MAX_BYTES / 2).slice(0, BOUNDARIES_MAX);
  if (multipart) {
    if (usable.length === 0) note('missing-boundary');
    // Readings that are used are compared when the body is read; these are not looked for.
    if (found.size > BOUNDARIES_MAX) note('conflicting-boundary');
    if ([...found].some((boundary) => boundary.length > BOUNDARY_MAX_CHARS)) note('long-boundary');
  }
  return usable;
}

/** Lines are compared as octets, one per character. */
function toOctetString(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
