import { type ByteScript, take } from '../byte-script.ts';

/** The head of one BER element (X.690 §8.1). */
export interface DerHead {
  readonly tag: number;
  /** Octets of the content; undefined for the indefinite form, which ends with {@link END_OF_CONTENTS}. */
  readonly length: number | undefined;
}

/** X.690 §8.1.5: two zero octets. */
export const END_OF_CONTENTS = 0;
export const SEQUENCE = 0x30;
export const SET = 0x31;
export const OBJECT_IDENTIFIER = 0x06;
export const INTEGER = 0x02;
export const OCTET_STRING = 0x04;
export const CONSTRUCTED_OCTET_STRING = 0x24;
/** Explicit `[0]`. */
export const CONTEXT_0 = 0xa0;

/** Messages are below 2^32 octets; no length may need more. */
const LENGTH_MAX_OCTETS = 4;

/** Reads one head; undefined when it is damaged or in a form that CMS does not use. */
export function* readDerHead(): ByteScript<DerHead | undefined> {
  const head = yield* take(2);
  const tag = head?.[0];
  const first = head?.[1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined;
  if (first < 0x80) return { tag, length: first };
  if (first === 0x80) return { tag, length: undefined };
  const count = first & 0x7f;
  const octets = count > LENGTH_MAX_OCTETS ? undefined : yield* take(count);
  return octets === undefined ? undefined : { tag, length: octets.readUIntBE(0, count) };
}
