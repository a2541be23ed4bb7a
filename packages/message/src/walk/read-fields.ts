import type { ContentField } from './header-section.ts';
import { fieldReadings } from './names/field-readings.ts';
import { findParameters, type Parameters } from './names/parameters.ts';

/** One text that readers make of a field. */
export interface FieldReading {
  readonly text: string;
  readonly parameters: Parameters;
}

/** A field and what readers make of it. */
export interface ReadField {
  /** Lower case. */
  readonly name: string;
  /** The plain one. */
  readonly first: FieldReading;
  /** All of them, the plain one first. */
  readonly readings: readonly FieldReading[];
}

/** Reads each field once, for all who ask for types, names and boundaries. */
export function readFields(fields: readonly ContentField[]): readonly ReadField[] {
  return fields.map(({ name, folded }) => {
    const readings = fieldReadings(folded).map((text) => ({ text, parameters: findParameters(text) }));
    return { name, readings, first: readings[0] ?? { text: '', parameters: { list: [], cut: false } } };
  });
}
