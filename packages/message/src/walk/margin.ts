import { FIELD_TEXT_MAX_BYTES } from '../limits.ts';
import { type ByteSink, createTee } from './byte-sink.ts';
import { createLineSink } from './encodings/line-sink.ts';
import { readEntity } from './entity.ts';
import { addFile } from './formats/embedded-file.ts';
import { createTextFileFinder } from './formats/text-files.ts';
import { createHeaderSection } from './header-section.ts';
import type { Inside, Walk } from './walk.ts';

/**
 * Reads what stands before the first part of a multipart and behind the last. A reader that guesses boundaries, or finds none, may show
 * files in it, or take `Content-*` lines for the header of a part: names there count, and are odd. `offset`: where it begins in the body.
 */
export function createMargin(walk: Walk, inside: Inside, offset: number): ByteSink {
  const finder = createTextFileFinder(walk, inside, offset);
  return createTee(finder, createStrayHeaderFinder(walk, inside));
}

/** Finds the names of `Content-*` lines outside of headers. */
export function createStrayHeaderFinder(walk: Walk, inside: Inside): ByteSink {
  const section = createHeaderSection({ decoded: false, spend: walk.spendFields });
  function finish(): void {
    const fields = section.count === 0 ? [] : section.fields();
    if (section.oddities().includes('limit')) walk.recorder.note('limit', inside.part);
    if (fields.length === 0) return;
    const entity = readEntity(fields, 'text/plain');
    const plain = entity.mediaType === 'text/plain' || entity.mediaType === 'text/html';
    if (plain && entity.names.length === 0 && entity.encoding !== 'base64') return;
    walk.recorder.note('stray-header', inside.part);
    const part = addFile(walk, inside, { form: 'stray', start: 0, end: 0, names: entity.names });
    if (part !== undefined) part.mediaType = entity.mediaType;
  }
  const takeLine = (line: Buffer, cut: boolean): void => {
    if (line.length > 0) section.addLine(line, 0, line.length, cut);
  };
  return createLineSink(FIELD_TEXT_MAX_BYTES, takeLine, finish);
}
