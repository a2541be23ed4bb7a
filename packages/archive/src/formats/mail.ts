import type { Content, MessagePart, PartReader } from '@vratny/message';
import type { Bytes } from '../bytes.ts';
import { READ_BYTES } from '../limits.ts';
import { extensionOf } from '../member-name.ts';
import { type Entry, type Format, type OpenArchive, signAt } from './format.ts';

const FIRST_FIELD = /^[!-9;-~]{1,80}:/u;
const KNOWN_FIELD = /^(?:from|to|subject|date|received|return-path|message-id|mime-version|content-type):/gimu;
/** One line of this form may begin any text. */
const KNOWN_FIELDS_MIN = 2;

/**
 * Files that are no messages but hold attachments, which unpackers and mail programs open: uuencode and similar
 * encodings, TNEF.
 */
const ATTACHMENT_NAMES = ['uu', 'uue', 'xx', 'xxe', 'b64', 'hqx', 'bhx', 'ync', 'yenc'];
const TNEF = signAt('\x78\x9f\x3e\x22');

/**
 * A stored message in an archive, which readers of mail open (`.eml`, `.mht`). Recognised by a header at its beginning,
 * whatever it is called; a text with such a beginning in which nothing is attached counts as none.
 */
export const mail: Format = {
  kind: 'mail',
  extensions: [],
  alsoNamed: ['eml', 'mht', 'mhtml', 'mim', 'mime', 'nws', 'email', ...ATTACHMENT_NAMES],
  byName: true,
  find(bytes, head) {
    if (TNEF(bytes, head) !== undefined) return { start: 0, certain: false };
    const first = head[0] ?? 0;
    if (first <= 0x20 || first >= 0x7f || !FIRST_FIELD.test(head.toString('latin1', 0, 100))) return undefined;
    const header = head.toString('latin1').split(/\r?\n\r?\n/u, 1)[0] ?? '';
    return (header.match(KNOWN_FIELD)?.length ?? 0) < KNOWN_FIELDS_MIN ? undefined : { start: 0, certain: false };
  },
  async read(archive) {
    // Loaded only for archives that contain messages.
    const { carriesAttachment, createPartReader, isAmbiguous, mayHoldFiles, walkMessage } = await archive.machine.wait(
      'loading the reader of messages',
      () => import('@vratny/message'),
    );
    const wrapped = isAttachment(archive);
    const content = contentOf(wrapped ? asAttachment(archive.bytes, attachmentExtension(archive)) : archive.bytes, archive);
    const tree = await walkMessage(content);
    if (carriesAttachment(tree) && tree.oddities.some(({ kind }) => isAmbiguous(kind))) archive.problem('views-disagree');
    const reader = createPartReader(content);
    // The first is the file itself.
    for (const part of tree.parts.slice(wrapped ? 1 : 0)) {
      if (archive.stopped) return;
      const entry = addPart(archive, part, mayHoldFiles(part));
      for (const chain of entry === undefined ? [] : [part.chain, ...part.otherChains]) {
        if (!archive.full && entry !== undefined) await search(archive, entry, reader.open({ chain }));
      }
    }
  },
};

/** Adds a part under all its names; undefined when its content is text, or is in other parts. */
function addPart(archive: OpenArchive, { names, path }: MessagePart, mayHold: boolean): Entry | undefined {
  const [first, ...others] = names;
  for (const name of others) archive.add({ name });
  if (!mayHold) {
    if (first !== undefined) archive.add({ name: first });
    return undefined;
  }
  return archive.add({ name: first ?? `part ${path}` });
}

async function search(archive: OpenArchive, entry: Entry, bytes: ReturnType<PartReader['open']>): Promise<void> {
  const keeper = archive.keep(entry);
  try {
    // Chunks are lent until the next one.
    for await (const chunk of bytes) if (!keeper.write(Buffer.from(chunk))) break;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    archive.problem('too-many-bytes');
  } finally {
    keeper.end();
  }
}

/** Of a name by which unpackers look into it as text with files in it; else that of the first. */
function attachmentExtension({ names }: OpenArchive): string {
  const extensions = names.map(extensionOf);
  return extensions.find((one) => ATTACHMENT_NAMES.includes(one)) ?? extensions[0] ?? '';
}

function isAttachment(archive: OpenArchive): boolean {
  const { bytes } = archive;
  return ATTACHMENT_NAMES.includes(attachmentExtension(archive)) || TNEF(bytes, bytes.read(0, READ_BYTES)) !== undefined;
}

/** The bytes as the only part of a message. */
function asAttachment(bytes: Bytes, extension: string): Bytes {
  const header = Buffer.from(`Content-Type: application/octet-stream; name="a.${extension}"\r\nContent-Transfer-Encoding: binary\r\n\r\n`);
  return {
    sizeBytes: header.length + bytes.sizeBytes,
    read: (from, to) =>
      Buffer.concat([header.subarray(Math.max(0, from), Math.max(0, to)), bytes.read(from - header.length, to - header.length)]),
  };
}

function contentOf(bytes: Bytes, archive: Pick<OpenArchive, 'stopped'>): Content {
  return {
    sizeBytes: bytes.sizeBytes,
    sha256: '',
    read: (range = { start: 0, end: bytes.sizeBytes }) =>
      chunksOf(bytes, Math.max(0, range.start), Math.min(range.end, bytes.sizeBytes), archive),
    discard: () => Promise.resolve(),
  };
}

async function* chunksOf(bytes: Bytes, start: number, end: number, archive: Pick<OpenArchive, 'stopped'>): AsyncGenerator<Buffer> {
  for (let at = start; at < end && !archive.stopped; at += READ_BYTES)
    yield await Promise.resolve(bytes.read(at, Math.min(at + READ_BYTES, end)));
}
