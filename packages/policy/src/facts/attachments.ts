import { setImmediate } from 'node:timers/promises';
import { ArchiveFault, type ArchiveReport, type Archives, memberPath } from '@vratny/archive';
import { type Content, collectNames, forbiddenExtension, type MessagePart, openPart, SpoolFault } from '@vratny/message';
import { ARCHIVED_PARTS_MAX, CRASHES_KEPT_MS, CRASHES_MAX, LOOKED_MEMBERS_MAX, NAMES_PER_TURN, SCAN_FACT_MS } from '../limits.ts';
import { FactFault, fact } from '../model/fact.ts';
import type { Ports } from '../model/ports.ts';

/** A file with a forbidden extension, and where it is: `invoice.zip/scan.tar.gz/run.exe`. */
export interface ForbiddenFile {
  readonly path: string;
  readonly extension: string;
  /** Its content, or even its name, needs a password. */
  readonly encrypted: boolean;
}

/** A part of the message that was looked at, and what was found in it. */
export interface LookedPart {
  readonly part: Pick<MessagePart, 'depth' | 'form' | 'mediaType' | 'names' | 'path'>;
  /** Undefined when it was not looked into as an archive. Its members may be cut short. */
  readonly report: ArchiveReport | undefined;
}

/** What is attached, as two readers of mail and every unpacker would see it. */
export interface Attachments {
  /** In the order of the message. */
  readonly forbidden: readonly ForbiddenFile[];
  /** Readers may see different things in it, and it carries something like an attachment. The kinds of what is odd. */
  readonly ambiguous: readonly string[];
  /** Archives that were not read to their end, and why. */
  readonly unreadable: readonly { readonly path: string; readonly problem: string }[];
  /** Archives with members behind a password. */
  readonly encrypted: readonly string[];
  /** Looking into it has ended the archive reader again and again. */
  readonly crashes: boolean;
  /** How many names were looked at. */
  readonly names: number;
  /** For people who ask why: every part, in the order of the message. Nothing is judged by it. */
  readonly looked: readonly LookedPart[];
}

/** Every name of every attachment, inside archives too (REQUIREMENTS, R1; DESIGN, "Rules of the data path"). Lazy: it reads the whole message twice. */
export const attachments = fact({
  name: 'attachments',
  stage: 'message',
  deadlineMs: SCAN_FACT_MS,
  lazy: true,
  alarm: true,
  needs: {},
  ports: ['archives', 'counters', 'clock'],
  async find({ content }, _needs, ports, signal): Promise<Attachments> {
    try {
      return await lookInside(content, ports.archives, signal);
    } catch (error) {
      if (error instanceof ArchiveFault && (await crashesAgain(content, error, ports))) return CRASHES;
      if (error instanceof ArchiveFault || error instanceof SpoolFault) throw new FactFault(error.message);
      throw error;
    }
  },
  describe: ({ forbidden, ambiguous, unreadable, crashes, names }) =>
    [
      crashes ? 'the archive reader crashes' : `${names} names`,
      ...forbidden.map((file) => file.path),
      ...unreadable.map(({ path, problem }) => `${path}: ${problem}`),
      ...ambiguous,
    ].join(', '),
});

const CRASHES: Attachments = { forbidden: [], ambiguous: [], unreadable: [], encrypted: [], crashes: true, names: 0, looked: [] };

/** One crash is bad luck and the sender comes back; {@link CRASHES_MAX} with the same message are its doing. */
async function crashesAgain(
  content: Content,
  fault: ArchiveFault,
  { counters, clock }: Pick<Ports, 'counters' | 'clock'>,
): Promise<boolean> {
  if (fault.kind === 'busy' || fault.kind === 'closed') return false;
  try {
    return (await counters.hit(`archive-crash ${content.sha256}`, clock(), CRASHES_KEPT_MS)) >= CRASHES_MAX;
  } catch {
    // Shared state is away: nobody counts, and the message is delayed.
    return false;
  }
}

async function lookInside(content: Content, archives: Pick<Archives, 'list'>, signal: AbortSignal): Promise<Attachments> {
  const collected = await collectNames(content);
  const forbidden: ForbiddenFile[] = collected.names.flatMap(({ name }) => forbiddenFile([name], name, false));
  const unreadable: { path: string; problem: string }[] = [];
  const encrypted: string[] = [];
  let names = collected.names.length;
  const reports = new Map<MessagePart, ArchiveReport>();
  let kept = 0;
  const parts = collected.tree.parts.filter(mayBeArchive);
  for (const part of parts.slice(0, ARCHIVED_PARTS_MAX)) {
    const title = part.names[0] ?? `part ${part.path}`;
    const report = await listPart(content, part, archives, signal);
    if (report === 'too-large') {
      unreadable.push({ path: title, problem: 'too-many-bytes' });
      continue;
    }
    const found = await readReport(title, report);
    const members = report.members.slice(0, LOOKED_MEMBERS_MAX - kept);
    kept += members.length;
    reports.set(part, { ...report, members });
    names += report.members.length;
    forbidden.push(...found.forbidden);
    unreadable.push(...found.unreadable);
    if (found.encrypted) encrypted.push(title);
  }
  if (parts.length > ARCHIVED_PARTS_MAX) unreadable.push({ path: 'the message', problem: 'too-many-parts' });
  const odd = collected.ambiguous && collected.carriesAttachment ? [...new Set(collected.oddities.map((oddity) => oddity.kind))] : [];
  const looked = collected.tree.parts.map((part) => ({ part, report: reports.get(part) }));
  return { forbidden, ambiguous: odd, unreadable, encrypted, crashes: false, names, looked };
}

/** Text that a reader shows as the mail itself, and what only holds other parts, is no archive. */
function mayBeArchive(part: MessagePart): boolean {
  if (part.mediaType.startsWith('multipart/') || part.mediaType.startsWith('message/')) return false;
  const plain = /^text\/(?:plain|html)$/u.test(part.mediaType) && part.transferEncoding !== 'base64';
  return !(plain && part.names.length === 0);
}

async function listPart(
  content: Content,
  part: MessagePart,
  archives: Pick<Archives, 'list'>,
  signal: AbortSignal,
): Promise<ArchiveReport | 'too-large'> {
  try {
    return await archives.list({ name: part.names[0], bytes: openPart(content, part) }, {}, signal);
  } catch (error) {
    if (error instanceof RangeError) return 'too-large';
    throw error;
  }
}

/** Judges the names of an archive, and lets other work of the process have its turn: there may be 100,000. */
async function readReport(
  title: string,
  report: ArchiveReport,
): Promise<{ forbidden: ForbiddenFile[]; unreadable: { path: string; problem: string }[]; encrypted: boolean }> {
  const pathOf = (index: number) => [title, ...memberPath(report, index)];
  const forbidden: ForbiddenFile[] = [];
  for (const [index, { directory, encrypted, name }] of report.members.entries()) {
    if (index % NAMES_PER_TURN === NAMES_PER_TURN - 1) await setImmediate();
    const extension = directory ? undefined : forbiddenExtension(name);
    if (extension !== undefined) forbidden.push({ path: pathOf(index).join('/'), extension, encrypted });
  }
  const unreadable = report.problems.map(({ problem, member }) => ({
    path: (member === undefined ? [title] : pathOf(member)).join('/'),
    problem,
  }));
  return { forbidden, unreadable, encrypted: report.locked || report.members.some((member) => member.encrypted || member.locked) };
}

function forbiddenFile(path: readonly string[], name: string, encrypted: boolean): ForbiddenFile[] {
  const extension = forbiddenExtension(name);
  return extension === undefined ? [] : [{ path: path.join('/'), extension, encrypted }];
}
