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
    for (const name of namesOfOtherFields(fields)) names.add(name);
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

/** Readers without a better name take the description, or the last segment of the location (RFC 2557 §4.2). */
function namesOfOtherFields(fields: readonly ReadField[]): readonly string[] {
  return fields.flatMap((field) => {
    const text = field.first.text;
    if (field.name === 'content-description') return decodeEncodedWords(text).map((name) => name.replaceAll('"', ''));
    if (field.name !== 'content-location') return [];
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
