import { findBoundaries } from './entity-boundaries.ts';
import type { ContentField } from './header-section.ts';
import type { PartEncoding } from './message-tree.ts';
import { decodeEncodedWords, withoutComments } from './names/field-readings.ts';
import { readValues } from './names/parameter-names.ts';
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

type Note = (kind: OddityKind) => void;

/** Every name of a part, from every copy of its fields. Names of `Content-Disposition` come first: readers prefer them. */
function readNames(fields: readonly ReadField[], mediaType: string, note: Note): readonly string[] {
  const names = new Set<string>();
  for (const name of [...namesIn(fields, 'content-disposition', note), ...namesIn(fields, 'content-type', note)]) names.add(name);
  if (extensionsDiffer(fields)) note('conflicting-names');
  if (names.size === 0 && !/^(?:text|multipart|message)\//u.test(mediaType)) {
    for (const name of namesOfOtherFields(fields, mediaType)) names.add(name);
  }
  names.delete('');
  if (names.size === 0) for (const name of namesOfType(mediaType)) names.add(name);
  return [...names];
}

function namesIn(fields: readonly ReadField[], fieldName: string, note: Note): readonly string[] {
  return fields
    .filter((field) => field.name === fieldName)
    .flatMap((field) =>
      field.readings.flatMap(({ parameters: { list, cut } }, i) => {
        if (cut) note('header-limit');
        return (['filename', 'name'] as const).flatMap((key) => {
          const own = list.filter((one) => one.key === key);
          if (own.length === 0) return [];
          const readings = readValues(own);
          // The other readings are not what was meant: what is odd about them says nothing.
          if (i === 0) for (const kind of readings.oddities) note(kind);
          return readings.texts;
        });
      }),
    );
}

/** `report.pdf` in one field and `report.exe` in the other: each reader shows another kind of file. No extension conflicts with none. */
function extensionsDiffer(fields: readonly ReadField[]): boolean {
  const extensions = new Set<string>();
  for (const field of fields) {
    if (field.name !== 'content-type' && field.name !== 'content-disposition') continue;
    const list = field.first.parameters.list;
    for (const key of ['filename', 'name'] as const) {
      const own = list.filter((one) => one.key === key);
      const first = own.length === 0 ? undefined : readValues(own).texts[0];
      const extension = first === undefined ? undefined : /\.([a-z0-9]{1,8})$/u.exec(first.trim().toLowerCase())?.[1];
      if (extension !== undefined) extensions.add(extension);
    }
  }
  return extensions.size > 1;
}

/** What a page shows by itself, and what says that a part belongs to one. */
const SHOWN = /^(?:image|audio|video|font)\//u;
/** A sentence that ends in a host name. */
const SPEAKS_OF_HOST = /\S\s+\S*\.com[\s.,;:!?)"']*$/iu;

/**
 * Readers without a better name take the description, or the last segment of the location (RFC 2557 §4.2). Not of what is shown in its place
 * in a page: there the description is a caption and the location its address, and a reader that saves it makes a name of the type.
 */
function namesOfOtherFields(fields: readonly ReadField[], mediaType: string): readonly string[] {
  const attached = fields.some((field) => field.name === 'content-disposition' && !/^\s*inline\b/iu.test(field.first.text));
  return fields.flatMap((field) => {
    const text = field.first.text;
    if (field.name === 'content-description') {
      if (SHOWN.test(mediaType) && !attached) return [];
      return decodeEncodedWords(text).flatMap((name) => (SPEAKS_OF_HOST.test(name) ? [] : [name.replaceAll('"', '')]));
    }
    // A reference to another part, not the name of a file (RFC 2392).
    if (field.name !== 'content-location' || /^\s*(?:cid|mid):/iu.test(text)) return [];
    if (SHOWN.test(mediaType) && !attached && !text.includes('/')) return [];
    const path = text.replace(/^[a-z][a-z0-9+.-]*:(?:\/\/[^/]*)?/iu, '').replace(/[?#].*$/su, '');
    return [path.slice(path.lastIndexOf('/') + 1)];
  });
}

/** Types under which systems and readers store a file that has no name of its own: they add the extension that the type stands for. */
const PROGRAM_TYPES: ReadonlyMap<string, string> = new Map([
  ['application/x-msdownload', '.exe'],
  ['application/x-msdos-program', '.exe'],
  ['application/x-ms-dos-executable', '.exe'],
  ['application/x-dosexec', '.exe'],
  ['application/vnd.microsoft.portable-executable', '.exe'],
  ['application/hta', '.hta'],
  ['application/java-archive', '.jar'],
  ['application/x-java-archive', '.jar'],
  ['text/vbscript', '.vbs'],
]);

function namesOfType(mediaType: string): readonly string[] {
  const extension = PROGRAM_TYPES.get(mediaType);
  return extension === undefined ? [] : [`unnamed${extension}`];
}
