import { type Content, contentOf } from '@vratny/message';

/** A message of the suites with this body. */
export function messageOf(body: Buffer | string): Content {
  const head = Buffer.from('From: <a@one.test>\r\nTo: <b@two.test>\r\nSubject: hello\r\nMIME-Version: 1.0\r\n\r\n');
  return contentOf(Buffer.concat([head, Buffer.from(body), Buffer.from('\r\n')]));
}

/** Lines of text, `size` octets of them. */
export function filler(size: number): Buffer {
  return Buffer.alloc(size, 'The porter at the gate looks at every letter.\r\n');
}

/** The content, which calls `onRead` before each chunk. */
export function watched(content: Content, onRead: () => void): Content {
  return {
    ...content,
    async *read(range) {
      for await (const chunk of content.read(range)) {
        onRead();
        yield chunk;
      }
    },
  };
}

/** A message whose spool is gone. */
export async function unreadable(): Promise<Content> {
  const content = messageOf('gone');
  await content.discard();
  return content;
}
