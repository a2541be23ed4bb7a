import { giveWay } from '@vratny/waiting';
import type { Content } from '../content.ts';
import { READ_CHUNK_BYTES, WALK_TURN_BYTES } from '../limits.ts';
import { createDecoder } from './encodings/decoder.ts';
import { createEntityWalker } from './entity-walker.ts';
import type { MessageTree } from './message-tree.ts';
import { readContent } from './read-content.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { createMeter, type Walk } from './walk.ts';
import { WALK_LIMITS, type WalkLimits } from './walk-limits.ts';

/**
 * Walks a message once, from the front: every part at every depth, with every name that some reader may show for it. Time is linear in
 * the size, memory depends on the number of parts only; between chunks other work of the process gets its turn. Rejects only when the
 * spool cannot be read (`SpoolFault`), never for what the message says: that is in `oddities`.
 */
export async function walkMessage(content: Content, limits: WalkLimits = WALK_LIMITS): Promise<MessageTree> {
  const recorder = createRecorder(limits);
  const walker = createEntityWalker(createWalk(recorder, limits), undefined);
  // Nobody keeps what is pushed: `ByteSink` says so.
  const block = Buffer.allocUnsafeSlow(READ_CHUNK_BYTES);
  for await (const chunk of content.read(undefined, block)) {
    for (let at = 0; at < chunk.length; at += WALK_TURN_BYTES) {
      walker.push(chunk.subarray(at, at + WALK_TURN_BYTES));
      await giveWay();
    }
  }
  walker.end();
  return recorder.finish();
}

function createWalk(recorder: Recorder, limits: WalkLimits): Walk {
  let spent = 0;
  let fieldsSpent = 0;
  const walk: Walk = {
    recorder,
    limits,
    spend(decodedBytes) {
      spent += decodedBytes;
      return spent <= limits.maxDecodedBytes;
    },
    spendFields(octets) {
      fieldsSpent += octets;
      return fieldsSpent <= limits.maxFieldBytes;
    },
    readEntity: (inside) => createEntityWalker(walk, inside),
    decodeEntity: (inside, encoding) => createDecoder(encoding, createMeter(walk, inside.part, createEntityWalker(walk, inside))),
    readContent: (inside, encoding) => readContent(walk, inside, encoding),
  };
  return walk;
}
