import type { HistoryEntry } from '@vratny/journal';
import type { Kind } from '../words/words.ts';
import { factOf } from './evidence.ts';

/** Kinds that the owner of a domain may lift for a sender. Viruses, files and forged senders are not among them. */
const LIFTED: ReadonlySet<Kind> = new Set(['dnsbl', 'antispam']);

/**
 * The sender's domain, where SPF confirms it and the owner of the recipient's domain could let it in; undefined for everybody else, who cannot
 * ask for it.
 */
export function confirmedSender({ sender, story }: HistoryEntry, kind: Kind): string | undefined {
  const at = sender.lastIndexOf('@');
  if (!LIFTED.has(kind) || at < 1) return undefined;
  const domain = sender.slice(at + 1);
  return factOf(story, 'spf') === `pass (${domain})` ? domain : undefined;
}
