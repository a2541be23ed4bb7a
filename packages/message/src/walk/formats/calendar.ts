import { TEXT_LINE_MAX_BYTES } from '../../limits.ts';
import { SPACE, TAB } from '../../octets.ts';
import type { ByteSink } from '../byte-sink.ts';
import { createLineSink } from '../encodings/line-sink.ts';
import { decodeOctets } from '../names/octets-to-text.ts';
import type { Inside, Walk } from '../walk.ts';

/** Types and names of calendars. */
export const CALENDAR = {
  type: /^(?:text|application)\/(?:x-v?)?calendar$|^application\/ics$/u,
  name: /\.(?:ics|vcs|ifb)[. ]*$/iu,
} as const;

const ATTACH = /^ATTACH[;:]/iu;
// RFC 8607 §4.1, and what was written before it: `X-FILENAME` (Outlook), `X-APPLE-FILENAME`, `X-ORACLE-FILENAME`.
const NAME = /;(?:X-(?:[A-Z]+-)?)?FILENAME=(?:"([^"]*)"|([^";:,]*))/giu;

/** Reads the names of files that are attached to an event (RFC 5545 §3.8.1.1): calendars show them like attachments of the mail. */
export function createCalendarReader(walk: Walk, inside: Inside): ByteSink {
  /** The beginning of an `ATTACH` line, unfolded (RFC 5545 §3.1); names stand in front of the content. */
  let open = '';
  function finish(): void {
    const names = [...open.matchAll(NAME)].map((match) => match[1] ?? match[2] ?? '');
    walk.recorder.addNames(inside.part, names);
    open = '';
  }
  function takeLine(line: Buffer): void {
    const folded = line[0] === SPACE || line[0] === TAB;
    if (!folded) finish();
    if (open.length < TEXT_LINE_MAX_BYTES && (folded ? open !== '' : ATTACH.test(line.toString('latin1', 0, 7)))) {
      open += decodeOctets(folded ? line.subarray(1) : line);
    }
  }
  return createLineSink(TEXT_LINE_MAX_BYTES, takeLine, finish);
}
