import { createScriptSink } from '../byte-script.ts';
import type { ByteSink } from '../byte-sink.ts';
import type { Inside, Walk } from '../walk.ts';
import { type CmsKind, readSignedContent } from './cms.ts';

/** Reads S/MIME (RFC 8551): the entity inside an opaque signature is walked; encrypted content is named as such. */
export function createCmsReader(walk: Walk, inside: Inside): ByteSink {
  let entity: ByteSink | undefined;
  const lazily: ByteSink = {
    push(bytes) {
      // The structure is all of the decoded body, so the step has no end of its own.
      entity ??= walk.readEntity({
        part: inside.part,
        chain: [...inside.chain, { start: 0, end: Number.MAX_SAFE_INTEGER, encoding: 'cms' }],
      });
      entity.push(bytes);
    },
    end: () => entity?.end(),
  };
  function finish(kind: CmsKind): void {
    lazily.end();
    if (kind === 'encrypted') walk.recorder.note('encrypted', inside.part);
    if (kind === 'damaged' || kind === 'unknown') walk.recorder.note('undecodable', inside.part);
  }
  return createScriptSink((cursor) => readSignedContent(cursor, lazily), finish);
}
