import { createScriptSink } from '../byte-script.ts';
import { type ByteSink, NOWHERE } from '../byte-sink.ts';
import type { Inside, Walk } from '../walk.ts';
import { type CmsKind, readSignedContent } from './cms.ts';
import { addFile } from './embedded-file.ts';

/**
 * Reads CMS (RFC 5652, RFC 8551): the entity inside an opaque signature is walked; a signed file that is no entity (`invoice.pdf.p7m`)
 * becomes a part; encrypted content is named as such.
 */
export function createCmsReader(walk: Walk, inside: Inside): ByteSink {
  // The structure is all of the decoded body, so the step has no end of its own.
  const chain: Inside['chain'] = [...inside.chain, { start: 0, end: Number.MAX_SAFE_INTEGER, encoding: 'cms' }];
  const content = createSignedContent(walk, { part: inside.part, chain });
  function finish(kind: CmsKind): void {
    content.end();
    if (kind === 'encrypted') walk.recorder.note('encrypted', inside.part);
    if (kind === 'damaged' || kind === 'unknown') walk.recorder.note('undecodable', inside.part);
  }
  return createScriptSink((cursor) => readSignedContent(cursor, content), finish);
}

// RFC 5322 §2.2. An entity may also begin with the blank line behind an empty header.
const FIRST_LINE = /^(?:\r?\n|[!-9;-~]{1,80}[ \t]*:)/u;
const FIRST_LINE_BYTES = 100;

/** Looks at the beginning, then reads an entity or a file. */
function createSignedContent(walk: Walk, inside: Inside): ByteSink {
  let head: Buffer = Buffer.alloc(0);
  let reader: ByteSink | undefined;
  function choose(): ByteSink {
    const chosen = FIRST_LINE.test(head.toString('latin1')) ? walk.readEntity(inside) : createSignedFile(walk, inside);
    chosen.push(head);
    return chosen;
  }
  return {
    push(bytes) {
      if (reader !== undefined) return reader.push(bytes);
      head = Buffer.concat([head, bytes]);
      if (head.length >= FIRST_LINE_BYTES) reader = choose();
    },
    end() {
      if (reader === undefined && head.length === 0) return;
      reader ??= choose();
      reader.end();
    },
  };
}

const SIGNED_NAME = /\.p7[mszc][. ]*$/iu;

/** The file has the name of the signed one without its last extension. */
function createSignedFile(walk: Walk, inside: Inside): ByteSink {
  const names = [...inside.part.names].filter((name) => SIGNED_NAME.test(name)).map((name) => name.replace(SIGNED_NAME, ''));
  const file = addFile(walk, inside, { form: 'signed', start: 0, end: Number.MAX_SAFE_INTEGER, names });
  return file === undefined ? NOWHERE : walk.readContent({ part: file, chain: file.chain }, 'identity');
}
