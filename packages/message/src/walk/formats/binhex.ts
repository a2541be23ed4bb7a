import { type ByteScript, type Cursor, createScriptSink, pass, take } from '../byte-script.ts';
import type { ByteSink } from '../byte-sink.ts';
import { decodeOctets } from '../names/octets-to-text.ts';
import type { Inside, Walk } from '../walk.ts';
import { addFile } from './embedded-file.ts';

/** Reads decoded BinHex 4.0 (RFC 1741 §5): the name inside, then the data fork, which becomes a part. */
export function createBinhexReader(walk: Walk, inside: Inside): ByteSink {
  function* read(cursor: Cursor): ByteScript<boolean> {
    const length = (yield* take(1))?.[0];
    if (length === undefined) return false;
    const name = yield* take(length);
    // Version, type, creator, flags, lengths of both forks, checksum.
    const head = yield* take(1 + 4 + 4 + 2 + 4 + 4 + 2);
    if (name === undefined || head === undefined) return false;
    const text = decodeOctets(name);
    walk.recorder.addNames(inside.part, [text]);
    const dataBytes = head.readUInt32BE(11);
    const file = addFile(walk, inside, { form: 'binhex', start: cursor.position, end: cursor.position + dataBytes, names: [text] });
    if (file === undefined) return false;
    const content = walk.readContent({ part: file, chain: file.chain }, 'identity');
    yield* pass(dataBytes, content);
    content.end();
    return !cursor.ended;
  }
  return createScriptSink(read, (understood) => {
    if (!understood) walk.recorder.note('undecodable', inside.part);
  });
}
