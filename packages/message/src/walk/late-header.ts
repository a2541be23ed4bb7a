import { FIELD_TEXT_MAX_BYTES } from '../limits.ts';
import { CR, LF, SPACE, TAB } from '../octets.ts';
import type { ByteSink } from './byte-sink.ts';
import { createStrayHeaderFinder } from './margin.ts';
import type { Inside, Walk } from './walk.ts';

// RFC 5322 §2.2.
const FIELD = /^[!-9;-~]{1,80}[ \t]*:/u;

/**
 * Reads the body of an entity that has no header: some readers pass over blank lines until the first field. Only where the first line that
 * is not blank is a field; then `Content-*` lines below count like those outside of parts.
 */
export function createLateHeaderFinder(walk: Walk, inside: Inside): ByteSink {
  const finder = createStrayHeaderFinder(walk, inside);
  let begun: Buffer = Buffer.alloc(0);
  let state: 'blank' | 'header' | 'text' = 'blank';
  function decide(): void {
    const end = begun.indexOf(LF);
    if (end === -1 && begun.length < FIELD_TEXT_MAX_BYTES) return;
    state = FIELD.test(begun.toString('latin1', 0, end === -1 ? begun.length : end)) ? 'header' : 'text';
    if (state === 'header') finder.push(begun);
    begun = Buffer.alloc(0);
  }
  return {
    push(bytes) {
      if (state === 'header') return finder.push(bytes);
      if (state === 'text') return;
      const from = begun.length > 0 ? 0 : bytes.findIndex((octet) => octet !== CR && octet !== LF && octet !== SPACE && octet !== TAB);
      if (from === -1) return;
      begun = Buffer.concat([begun, bytes.subarray(from)]);
      decide();
    },
    end() {
      if (state === 'header') finder.end();
    },
  };
}
