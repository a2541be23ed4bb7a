import { createScriptSink } from '../byte-script.ts';
import type { ByteSink } from '../byte-sink.ts';
import { readSignedContent } from '../formats/cms.ts';

/** Decodes CMS SignedData (RFC 5652 §5) to the content that it signs; nothing for other content or when there is none. */
export function createCmsDecoder(to: ByteSink): ByteSink {
  const script = createScriptSink(
    (cursor) => readSignedContent(cursor, to),
    () => undefined,
  );
  return {
    push: (bytes) => script.push(bytes),
    end() {
      script.end();
      to.end();
    },
  };
}
