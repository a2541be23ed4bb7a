import type { Content } from './content.ts';
import { SECOND_VIEW_MAX_PARTS } from './limits.ts';
import { type SecondView, secondView } from './second-view/second-view.ts';
import { carriesAttachment, type MessageTree } from './walk/message-tree.ts';
import { isAmbiguous, type Oddity } from './walk/oddity.ts';
import { WALK_LIMITS, type WalkLimits } from './walk/recorder.ts';
import { walkMessage } from './walk/walk-message.ts';

/** A name of an attachment, and who sees it. */
export interface CollectedName {
  readonly name: string;
  /** Of the walker's tree; with `mailparser` that parser's own number, which may be empty. */
  readonly partPath: string;
  readonly view: 'walker' | 'mailparser';
}

/** What two parsers know about the names in a message. */
export interface NameCollection {
  /** The union of both views; a name of the second view that the first has too is not repeated. */
  readonly names: readonly CollectedName[];
  readonly oddities: readonly Oddity[];
  /** True when readers may see different things, see `isAmbiguous`. */
  readonly ambiguous: boolean;
  /** True when the message has something like an attachment. Ambiguous and this: to be refused. */
  readonly carriesAttachment: boolean;
  readonly tree: MessageTree;
}

/** Walks the message, asks the second view, and joins what they saw. Rejects only when the spool cannot be read (`SpoolFault`). */
export async function collectNames(content: Content, limits: WalkLimits = WALK_LIMITS): Promise<NameCollection> {
  const tree = await walkMessage(content, limits);
  const second: SecondView = tree.parts.length > SECOND_VIEW_MAX_PARTS ? { names: [], cut: true } : await secondView(content);
  const first = tree.parts.flatMap((part) => part.names.map((name) => ({ name, partPath: part.path, view: 'walker' as const })));
  const known = new Set(first.map((one) => one.name));
  // An attached message that has its subject for a name, for both.
  const titles = new Set(tree.parts.flatMap((part) => part.titles));
  const more = second.names
    .filter((one) => !known.has(one.name) && !(one.mediaType.startsWith('message/') && titles.has(one.name)))
    .map(({ name, partPath }) => ({ name, partPath, view: 'mailparser' as const }));
  const cut: readonly Oddity[] = second.cut ? [{ kind: 'second-view-cut', partPath: '1' }] : [];
  const oddities = [...tree.oddities, ...cut];
  return {
    names: [...first, ...more],
    oddities,
    ambiguous: oddities.some((oddity) => isAmbiguous(oddity.kind)),
    carriesAttachment: carriesAttachment(tree) || second.names.length > 0,
    tree,
  };
}
