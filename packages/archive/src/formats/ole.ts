import { OLE_STREAM_MAX_BYTES } from '../limits.ts';
import { readWithSevenZip } from '../seven-zip/read.ts';
import { trimEndOf } from '../trim-end.ts';
import { type Entry, type Format, type Keeper, type OpenArchive, signAt } from './format.ts';

/** Outlook's names of attachments, short and long, as Unicode and not (MS-OXMSG §2.2.2: property, then type). */
const MSG_NAME = /__substg1\.0_370[47]001([EF])$/iu;
/** A file that was dragged into a document: its name stands before it (MS-OLEDS §2.3.6). */
const EMBEDDED = /Ole10Native$/u;
/** What a document with a password consists of (MS-OFFCRYPTO §2.3.4.4). */
const ENCRYPTED = /^EncryptedPackage$/u;
const NUL = /\0/u;

/** Compound files: msi, msg, doc, xls, ppt. Their streams are names of the program; the names in them are the sender's. */
export const ole: Format = {
  kind: 'ole',
  extensions: ['msi', 'msp'],
  alsoNamed: ['doc', 'xls', 'ppt', 'msg', 'dot', 'xlt', 'pps', 'vsd', 'pub'],
  find: signAt('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'),
  async read(archive) {
    let encrypted = false;
    await readWithSevenZip(archive, {
      type: 'Compound',
      listed(member) {
        encrypted ||= ENCRYPTED.test(member.path);
      },
      around: (entry, keeper) => (MSG_NAME.test(entry.name) || EMBEDDED.test(entry.name) ? withNames(archive, entry, keeper) : keeper),
    });
    if (encrypted) archive.locked();
  },
};

/** Reads the names in a stream while it is searched. */
function withNames(archive: OpenArchive, entry: Entry, keeper: Keeper): Keeper {
  let head = Buffer.alloc(0);
  return {
    write(chunk) {
      if (head.length < OLE_STREAM_MAX_BYTES) head = Buffer.concat([head, chunk.subarray(0, OLE_STREAM_MAX_BYTES)]);
      return keeper.write(chunk);
    },
    end() {
      for (const name of namesIn(entry.name, head)) archive.add({ name });
      keeper.end();
    },
  };
}

function namesIn(stream: string, head: Buffer): readonly string[] {
  const type = MSG_NAME.exec(stream)?.[1]?.toUpperCase();
  if (type !== undefined) return [trimEndOf(head.toString(type === 'F' ? 'utf16le' : 'latin1'), NUL)].filter((name) => name !== '');
  return embeddedNames(head);
}

const LABEL_AT = 6;

/** Label and original path, ended by NUL each, behind the size and two octets. */
function embeddedNames(head: Buffer): readonly string[] {
  const labelEnd = head.indexOf(0, LABEL_AT);
  const pathEnd = labelEnd === -1 ? -1 : head.indexOf(0, labelEnd + 1);
  const label = head.toString('latin1', LABEL_AT, Math.max(LABEL_AT, labelEnd));
  const path = pathEnd === -1 ? '' : head.toString('latin1', labelEnd + 1, pathEnd);
  return [...new Set([label, path])].filter((name) => name !== '' && !/[\0-\x1f]/u.test(name));
}
