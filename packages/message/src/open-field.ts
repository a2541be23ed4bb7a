import { readFieldText } from './field-text.ts';
import type { HeaderField } from './header.ts';
import { FIELD_TEXT_MAX_BYTES } from './limits.ts';
import { createOctetGatherer } from './octet-gatherer.ts';

/** The field that is being read. Places are octets of the message. */
export interface OpenField {
  begin(start: number): void;
  /** Adds `source[from, to)` when a field was begun. */
  add(source: Buffer, from: number, to: number): void;
  /** Ends it before `end`; undefined when none was begun or it is no field. */
  close(end: number): HeaderField | undefined;
}

/** Creates the place for one field at a time. */
export function createOpenField(): OpenField {
  const text = createOctetGatherer(FIELD_TEXT_MAX_BYTES);
  let begun: number | undefined;
  return {
    begin(start) {
      begun = start;
    },
    add(source, from, to) {
      if (begun !== undefined) text.add(source, from, to);
    },
    close(end) {
      if (begun === undefined) return undefined;
      const read = readFieldText(text.octets());
      const field = read === undefined ? undefined : { ...read, start: begun, end, cut: text.cut };
      text.clear();
      begun = undefined;
      return field;
    },
  };
}
