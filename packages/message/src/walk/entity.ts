import { findBoundaries } from './entity-boundaries.ts';
import { readNames } from './entity-names.ts';
import type { ContentField } from './header-section.ts';
import type { PartEncoding } from './message-tree.ts';
import { withoutComments } from './names/field-readings.ts';
import type { OddityKind } from './oddity.ts';
import { type ReadField, readFields } from './read-fields.ts';

/** What a header section says about its body. */
export interface Entity {
  readonly mediaType: string;
  readonly encoding: PartEncoding;
  /** What other readers take for the encoding. */
  readonly otherEncodings: readonly PartEncoding[];
  readonly disposition: string | undefined;
  readonly names: readonly string[];
  /** Every boundary in every reading; of types that are no multipart too. */
  readonly boundaries: readonly string[];
  readonly oddities: readonly OddityKind[];
}

/** Reads the Content-* fields of one section. `defaultType`: RFC 2045 §5.2, RFC 2046 §5.1.5 for digests. */
export function readEntity(contentFields: readonly ContentField[], defaultType: string): Entity {
  const fields = readFields(contentFields);
  const oddities = new Set<OddityKind>();
  const note = (kind: OddityKind): void => {
    oddities.add(kind);
  };
  const mediaType = readMediaType(textsOf(fields, 'content-type'), defaultType, note);
  const { encoding, otherEncodings } = readEncoding(textsOf(fields, 'content-transfer-encoding'), note);
  const disposition = readDisposition(textsOf(fields, 'content-disposition'), note);
  const names = readNames(fields, mediaType, note);
  const boundaries = findBoundaries(fields, mediaType, note);
  return { mediaType, encoding, otherEncodings, disposition, names, boundaries, oddities: [...oddities] };
}

function textsOf(fields: readonly ReadField[], name: string): readonly string[] {
  return fields.filter((field) => field.name === name).map((field) => field.first.text);
}

const TYPE = /^([^\s;,/"]+)\s*\/\s*([^\s;,"]+)/u;
/** Text that is shown, and octets of any kind: another type says more. */
const PLAIN = /^(?:text\/(?:plain|html)|application\/octet-stream)$/u;
const STRUCTURED = /^(?:multipart|message)\//u;

function readMediaType(texts: readonly string[], defaultType: string, note: (kind: OddityKind) => void): string {
  const types = new Set<string>();
  for (const text of texts) {
    const plain = withoutComments(text).toLowerCase();
    const head = (plain.split(';', 1)[0] ?? '').trim();
    const match = TYPE.exec(head.replaceAll('"', ''));
    const type = match === null ? '' : `${match[1]}/${match[2]}`;
    if (type !== '') types.add(type);
    // Where readers disagree about the type, only multipart and message change what they see below it.
    if (head !== type && /multipart|message|boundary/u.test(head)) note('malformed-type');
  }
  if (types.size === 0) return defaultType;
  const all = [...types];
  if (types.size > 1 && all.some((type) => STRUCTURED.test(type))) note('conflicting-type');
  return (
    all.find((type) => type.startsWith('multipart/')) ??
    all.find((type) => STRUCTURED.test(type)) ??
    all.find((type) => !PLAIN.test(type)) ??
    all[0] ??
    defaultType
  );
}

const ENCODINGS: ReadonlyMap<string, PartEncoding> = new Map([
  ['', 'identity'],
  ['7bit', 'identity'],
  ['8bit', 'identity'],
  ['binary', 'identity'],
  ['base64', 'base64'],
  ['quoted-printable', 'quoted-printable'],
  ['uuencode', 'uuencode'],
  ['x-uuencode', 'uuencode'],
  ['uue', 'uuencode'],
  ['x-uue', 'uuencode'],
  ['yenc', 'yenc'],
  ['x-yenc', 'yenc'],
  ['binhex', 'binhex'],
  ['x-binhex', 'binhex'],
  ['binhex40', 'binhex'],
  ['x-binhex40', 'binhex'],
  ['mac-binhex40', 'binhex'],
]);
const LOOSE: readonly PartEncoding[] = ['base64', 'quoted-printable', 'uuencode'];

function readEncoding(texts: readonly string[], note: (kind: OddityKind) => void): Pick<Entity, 'encoding' | 'otherEncodings'> {
  const encodings = new Set<PartEncoding>();
  for (const text of texts) {
    // What stands around the word changes it for no reader.
    const value = withoutComments(text)
      .toLowerCase()
      .replace(/^[\s"']+|[\s"';,]+$/gu, '');
    const exact = ENCODINGS.get(value);
    const loose = LOOSE.find((one) => value.includes(one));
    if (exact === undefined) note(loose === undefined ? 'unknown-encoding' : 'malformed-encoding');
    if (exact === undefined) encodings.add('identity');
    encodings.add(exact ?? loose ?? 'identity');
  }
  const all = [...encodings];
  const encoding = all.find((one) => one !== 'identity') ?? 'identity';
  return { encoding, otherEncodings: all.filter((one) => one !== encoding) };
}

function readDisposition(texts: readonly string[], note: (kind: OddityKind) => void): string | undefined {
  const kinds = new Set(texts.map((text) => (withoutComments(text).split(';', 1)[0] ?? '').trim().toLowerCase()));
  if (kinds.size > 1) note('conflicting-disposition');
  const all = [...kinds];
  return all.find((kind) => kind !== 'inline' && kind !== '') ?? all[0];
}
