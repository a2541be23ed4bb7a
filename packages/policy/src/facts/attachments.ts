import { ArchiveFault, type ArchiveReport, type Archives } from '@vratny/archive';
import { type Content, collectNames, forbiddenExtension, type MessagePart, SpoolFault } from '@vratny/message';
import type { Cancellation } from '@vratny/waiting';
import { CRASHES_KEPT_MS, CRASHES_MAX, LOOKED_MEMBERS_MAX, SCAN_FACT_MS } from '../limits.ts';
import { FactFault, fact } from '../model/fact.ts';
import type { Ports } from '../model/ports.ts';
import { type ForbiddenFile, type Inside, lookInside, titleOf, type UnreadableArchive } from './attachments-inside.ts';
import { createNameTurns } from './name-turns.ts';

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
  readonly unreadable: readonly UnreadableArchive[];
  /** Archives with members behind a password. */
  readonly encrypted: readonly string[];
  /** Looking into it has ended the archive reader again and again. */
  readonly crashes: boolean;
  /** How many names were looked at. */
  readonly names: number;
  /** For people who ask why: every part, in the order of the message. Nothing is judged by it. */
  readonly looked: readonly LookedPart[];
}

/** Every name of every attachment, inside archives too. Lazy: it reads the whole message twice. */
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
      return await findAttachments(content, ports.archives, signal);
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

async function findAttachments(content: Content, archives: Pick<Archives, 'list'>, signal: Cancellation): Promise<Attachments> {
  const collected = await collectNames(content);
  const { parts } = collected.tree;
  const inside = await lookInside(content, parts, archives, signal);
  const found = [...inside.values()];
  const odd = collected.ambiguous && collected.carriesAttachment ? [...new Set(collected.oddities.map((oddity) => oddity.kind))] : [];
  return {
    forbidden: [...(await forbiddenNames(collected.names)), ...found.flatMap((one) => one.forbidden)],
    ambiguous: odd,
    unreadable: found.flatMap((one) => one.unreadable),
    encrypted: [...inside].flatMap(([part, one]) => (one.encrypted ? [titleOf(part)] : [])),
    crashes: false,
    names: found.reduce((sum, one) => sum + one.report.members.length, collected.names.length),
    looked: keepLooked(parts, inside),
  };
}

/** Reports with as many members as people are shown. */
function keepLooked(parts: readonly MessagePart[], inside: ReadonlyMap<MessagePart, Inside>): readonly LookedPart[] {
  let room = LOOKED_MEMBERS_MAX;
  return parts.map((part) => {
    const report = inside.get(part)?.report;
    if (report === undefined) return { part, report };
    const members = report.members.slice(0, room);
    room -= members.length;
    return { part, report: { ...report, members } };
  });
}

/** Names of parts, which lie in nothing. */
async function forbiddenNames(names: readonly { readonly name: string }[]): Promise<readonly ForbiddenFile[]> {
  const turns = createNameTurns();
  const forbidden: ForbiddenFile[] = [];
  for (const { name } of names) {
    await turns(name);
    const extension = forbiddenExtension(name);
    if (extension !== undefined) forbidden.push({ path: name, extension, encrypted: false });
  }
  return forbidden;
}
