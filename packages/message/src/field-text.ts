import { isUtf8 } from 'node:buffer';
import { COLON } from './octets.ts';

/** Name and value of a field as text. */
export interface FieldText {
  readonly name: string;
  readonly value: string;
}

// RFC 5322 §2.2: printable US-ASCII except the colon; §4.5: white space may follow, which some readers let be folded.
const FIELD_NAME = /^([!-9;-~]+)[ \t]*(?:\r?\n[ \t]+)*$/u;
const FOLD = /\r?\n(?=[ \t])/gu;

/** Reads a field from its octets, folded lines and last line end included; undefined when they are no field. */
export function readFieldText(octets: Buffer): FieldText | undefined {
  const colon = octets.indexOf(COLON);
  if (colon < 1) return undefined;
  const name = FIELD_NAME.exec(octets.toString('latin1', 0, colon))?.[1];
  if (name === undefined) return undefined;
  const rest = octets.subarray(colon + 1);
  const value = rest.toString(isUtf8(rest) ? 'utf8' : 'latin1');
  return { name: name.toLowerCase(), value: value.replace(FOLD, '').trim() };
}
