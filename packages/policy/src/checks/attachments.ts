import { attachments as attachmentsFact } from '../facts/attachments.ts';
import { check, PASS, refuse } from '../model/check.ts';

/** Forbidden extensions, also inside archives. An archive that cannot be read to its end may contain one. */
export const attachments = check({
  name: 'attachments',
  stage: 'message',
  summary: 'no attachment has a forbidden extension, inside archives neither',
  says: ['554 5.7.1', '451 4.3.0'],
  facts: { found: attachmentsFact },
  cannotTell: '451 4.3.0 the attachments could not be looked at just now, please try again later',
  judge({ settings }, { found }) {
    const { encryptedArchives, unreadableArchives } = settings.attachments;
    if (found.crashes) return refuse('554 5.7.1 an attachment could not be looked into: it makes programs that try crash');
    const file = found.forbidden.find((one) => encryptedArchives === 'refuse' || !one.encrypted);
    if (file) return refuse(`554 5.7.1 "${shown(file.path)}": files ending in ${file.extension} are not accepted here`);
    const [locked] = found.encrypted;
    if (locked !== undefined && encryptedArchives === 'refuse') {
      return refuse(`554 5.7.1 "${shown(locked)}": archives that need a password are not accepted here`);
    }
    const [unreadable] = found.unreadable;
    if (unreadable && unreadableArchives === 'refuse') {
      return refuse(`554 5.7.1 "${shown(unreadable.path)}": ${WORDS[unreadable.problem] ?? 'the archive cannot be read to its end'}`);
    }
    const bound = found.ambiguous.map((kind) => BOUNDS[kind]).find((words) => words !== undefined);
    if (bound !== undefined) return refuse(`554 5.7.1 ${bound}`);
    if (found.ambiguous.length > 0) {
      return refuse(`554 5.7.1 mail programs would see different attachments in this message (${found.ambiguous.slice(0, 3).join(', ')})`);
    }
    return PASS;
  },
});

/** A file name from the message, cut to a length for a reply. */
function shown(path: string): string {
  return path.replace(/["\u0000-\u001f\u007f]/gu, '?').slice(-200);
}

/** Bounds that kept something from being read, by the kind of oddity. */
const BOUNDS: Readonly<Record<string, string>> = {
  'too-deep': 'parts of this message are nested too deeply to be looked into',
  limit: 'this message has too many parts, names or encoded octets to be looked through',
};

const WORDS: Readonly<Record<string, string>> = {
  'views-disagree': 'the archive shows different files to different programs',
  error: 'the archive is damaged',
  misnamed: 'it is called an archive and cannot be read as one',
  'no-entries': 'the archive is empty',
  'too-deep': 'the archive holds archives in archives, too deep to be looked through',
  'too-many-members': 'the archive holds too many files to be looked through',
  'too-many-bytes': 'the archive is too large to be looked through',
  'too-high-ratio': 'the archive grows too much when it is unpacked',
  'too-slow': 'the archive takes too long to be looked through',
  unsupported: 'archives of this kind cannot be looked through here',
};
