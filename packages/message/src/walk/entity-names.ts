import { decodeEncodedWords } from './names/encoded-words.ts';
import { readValues } from './names/parameter-names.ts';
import type { OddityKind } from './oddity.ts';
import type { ReadField } from './read-fields.ts';

type Note = (kind: OddityKind) => void;

/** Every name of a part, from every copy of its fields. Names of `Content-Disposition` come first: readers prefer them. */
export function readNames(fields: readonly ReadField[], mediaType: string, note: Note): readonly string[] {
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
