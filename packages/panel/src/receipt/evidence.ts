import type { HistoryEntry } from '@vratny/journal';
import { cleanText } from '@vratny/text';
import { digitsOfIPv6 } from '../client-limits.ts';
import type { EvidenceName, Kind, Words } from '../words/words.ts';

/** One thing that was found, for the sender's postmaster. A stranger's text: it is escaped where it is written into a page. */
export interface Evidence {
  readonly name: EvidenceName;
  readonly text: string;
}

/** Where the keepers of a list take requests; others are found by the list's name. */
const REMOVAL: ReadonlyMap<string, string> = new Map([
  ['bl.spamcop.net', 'https://www.spamcop.net/bl.shtml'],
  ['psbl.surriel.com', 'https://psbl.org/listing'],
  ['b.barracudacentral.org', 'https://www.barracudacentral.org/rbl/removal-request'],
  ['zen.spamhaus.org', 'https://check.spamhaus.org/'],
  ['sbl.spamhaus.org', 'https://check.spamhaus.org/'],
  ['xbl.spamhaus.org', 'https://check.spamhaus.org/'],
  ['dnsbl-1.uceprotect.net', 'https://www.uceprotect.net/en/rblcheck.php'],
  ['bl.mailspike.net', 'https://mailspike.io/ip_verify'],
  ['ix.dnsbl.manitu.net', 'https://www.dnsbl.manitu.net/'],
]);

const TEXT_MAX = 300;
/** What stands where something was left out. */
const LEFT_OUT = '…';
/** What somebody else wrote, and what may name the recipient or the client. */
const OF_STRANGERS: ReadonlySet<EvidenceName> = new Set(['listText', 'spfRecord', 'spfWords', 'file', 'virus']);

/**
 * What an entry has to prove its kind with. Recipient and client are never part of it: where a stranger's text names them they are left out, and of
 * mailboxes nothing is told.
 */
export function evidenceOf(entries: readonly HistoryEntry[], kind: Kind, words: Words): readonly Evidence[] {
  const [first] = entries;
  if (first === undefined || kind === 'mailbox' || kind === 'delivered') return [];
  const { reply } = first;
  const found = [...ofKind(kind, first, words), ['code', /^\d{3}(?: \d\.\d{1,3}\.\d{1,3})?/u.exec(reply)?.[0]] as const];
  return found.flatMap(([name, text]) => {
    // Left out before the text is cut: half of an address says as much.
    const whole = cleanText(text ?? '', { max: 4 * TEXT_MAX, more: LEFT_OUT });
    const safe = OF_STRANGERS.has(name) ? withoutPrivate(whole, entries) : whole;
    const shown = cleanText(safe, { max: TEXT_MAX, more: LEFT_OUT }).trim();
    return shown === '' ? [] : [{ name, text: shown }];
  });
}

function ofKind(
  kind: Kind,
  { reply, sender, story }: HistoryEntry,
  words: Words,
): readonly (readonly [EvidenceName, string | undefined])[] {
  const senderDomain = sender.slice(sender.lastIndexOf('@') + 1);
  switch (kind) {
    case 'dnsbl': {
      const [, list = '', text] = / is listed by ([^\s:]+)(?:: (.*))?$/u.exec(reply) ?? [];
      return [
        ['list', list],
        ['listText', text],
        ['removal', REMOVAL.get(list) ?? list],
      ];
    }
    case 'sender-domain':
    case 'dns':
      return [['senderDomain', senderDomain]];
    case 'spf': {
      const value = factOf(story, 'spf');
      return [
        ['senderDomain', senderDomain],
        ['spfRecord', /\): (v=spf1.*)$/u.exec(value)?.[1]],
        ['spfWords', /; it says: (.*)$/u.exec(reply)?.[1]],
      ];
    }
    case 'attachments':
      return [['file', /^554 5\.7\.1 "(.*)": /u.exec(reply)?.[1]]];
    case 'antivirus':
      return [['virus', /: (\S+)$/u.exec(reply)?.[1]]];
    case 'antispam':
      return [['score', /\(score (-?[\d.]+), /u.exec(reply)?.[1]]];
    case 'greylist': {
      const seconds = Number(/ in (\d{1,7}) seconds/u.exec(reply)?.[1] ?? 0);
      return [['wait', seconds > 0 ? durationOf(seconds, words) : undefined]];
    }
    case 'size':
      return [['size', sizeIn(reply)]];
    case 'delivered':
    case 'eight-bit':
    case 'header':
    case 'hops':
    case 'line-endings':
    case 'mailbox':
    case 'recipient-domain':
    case 'recipients':
    case 'session':
    case 'syntax':
    case 'temporary':
    case 'too-slow':
    case 'unprocessable':
      return [];
  }
}

function durationOf(seconds: number, { tag, ...words }: Words): string {
  return seconds < 120 ? counted(tag, seconds, words.seconds) : counted(tag, Math.ceil(seconds / 60), words.minutes);
}

function sizeIn(reply: string): string | undefined {
  const octets = Number(/(\d{1,15}) octets/u.exec(reply)?.[1] ?? 0);
  return octets > 0 ? `${Math.round((octets / 1024 / 1024) * 10) / 10} MiB` : undefined;
}

/** The value of a fact in the story, as the trace has it; empty when there is none. */
function factOf(story: string | undefined, name: string): string {
  const parsed: unknown = story === undefined ? undefined : JSON.parse(story);
  const facts = memberOf(memberOf(parsed, 'decision'), 'facts');
  const value = memberOf(memberOf(facts, name), 'value');
  return typeof value === 'string' ? value : '';
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

/** A text without the recipients and the client, however it names them. */
function withoutPrivate(text: string, entries: readonly HistoryEntry[]): string {
  let left = text;
  for (const { recipient, client } of entries) {
    left = client.includes(':') ? withoutIPv6(left, client) : withoutWords(left, namesOfIPv4(client));
    const [local = ''] = recipient.split('@');
    left = withoutWords(left, [recipient, recipient.replace('@', '%40'), ...(local.length > 2 ? [local] : [])]);
  }
  return left;
}

/** Whole words alone: a local part such as `mail` is a part of many names. */
function withoutWords(text: string, words: readonly string[]): string {
  return words
    .filter((word) => word.length > 2)
    .reduce((left, word) => {
      const escaped = word.replaceAll(/[$()*+./?[\\\]^{|}]/gu, '\\$&');
      return left.replace(new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'giu'), LEFT_OUT);
    }, text);
}

function namesOfIPv4(client: string): readonly string[] {
  const octets = client.split('.');
  return [client, client.replaceAll('.', '-'), octets.toReversed().join('.'), octets.toReversed().join('-')];
}

/** In any spelling (RFC 4291 §2.2), percent-encoded, and as digits with dots in either order (RFC 3596 §2.5, RFC 7208 §7.3). */
function withoutIPv6(text: string, client: string): string {
  const digits = digitsOfIPv6(client);
  const unless = (token: string, found: string | undefined) => (found === digits ? LEFT_OUT : token);
  return text
    .replace(/(?:[0-9a-f]{0,4}(?::|%3a)){2,7}[0-9a-f]{0,4}/giu, (token) => unless(token, digitsOfIPv6(token.replaceAll(/%3a/giu, ':'))))
    .replace(/(?:[0-9a-f][.-]){31}[0-9a-f]/giu, (token) => {
      const found = token.replaceAll(/[.-]/gu, '').toLowerCase();
      return found === digits || Array.from(found).toReversed().join('') === digits ? LEFT_OUT : token;
    });
}

/** Kinds that the owner of a domain may lift for a sender. Viruses, files and forged senders are not among them. */
const LIFTED: ReadonlySet<Kind> = new Set(['dnsbl', 'antispam']);

/**
 * The sender's domain, where SPF or a DKIM signature confirms it and the owner of the recipient's domain could let it in; undefined for everybody else, who
 * cannot ask for it. A signature is by the domain itself or one above it.
 */
export function confirmedSender({ sender, story }: HistoryEntry, kind: Kind): string | undefined {
  const at = sender.lastIndexOf('@');
  if (!LIFTED.has(kind) || at < 1) return undefined;
  const domain = sender.slice(at + 1);
  const signers = /; signed by ([\w.,-]+)$/u.exec(factOf(story, 'authentication'))?.[1]?.split(',') ?? [];
  const isSigned = signers.some((signer) => domain === signer || domain.endsWith(`.${signer}`));
  return isSigned || factOf(story, 'spf') === `pass (${domain})` ? domain : undefined;
}

/** A number with its noun, as the language wants it: `2 minuty`, `5 minut`. Forms by the categories of CLDR. */
function counted(tag: string, count: number, forms: Partial<Record<Intl.LDMLPluralRule, string>>): string {
  return `${count} ${forms[new Intl.PluralRules(tag).select(count)] ?? forms.other ?? forms.many ?? ''}`;
}
