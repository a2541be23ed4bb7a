/** What is said of one kind of decision. Plain text: it is escaped where it is written into a page. */
export interface KindWords {
  /** What happened, in one or two sentences. */
  readonly what: string;
  /** What the sender does, one step each. */
  readonly you: readonly string[];
  /** What the sender's postmaster does, one paragraph each. */
  readonly postmaster: readonly string[];
  /** Until when it holds. */
  readonly until: string;
}

/** Kinds of decisions that a sender can tell apart. What is known of the mailbox is one kind, so that nobody learns more of it. */
export const KINDS = [
  'dnsbl',
  'sender-domain',
  'recipient-domain',
  'mailbox',
  'greylist',
  'spf',
  'dns',
  'size',
  'attachments',
  'antivirus',
  'antispam',
  'line-endings',
  'header',
  'hops',
  'recipients',
  'session',
  'eight-bit',
  'syntax',
  'temporary',
  'too-slow',
  'unprocessable',
  'delivered',
] as const;

/** One of {@link KINDS}. */
export type Kind = (typeof KINDS)[number];

/** Names of what was found, which stand before it. */
export type EvidenceName =
  | 'code'
  | 'list'
  | 'listText'
  | 'removal'
  | 'senderDomain'
  | 'spfRecord'
  | 'spfWords'
  | 'file'
  | 'virus'
  | 'score'
  | 'wait'
  | 'size';

/** Everything that the pages say in one language. */
export interface Words {
  /** BCP 47. */
  readonly tag: 'cs' | 'en' | 'pl' | 'de';
  /** The language's own name. */
  readonly name: string;
  readonly skip: string;
  readonly language: string;
  readonly look: { readonly legend: string; readonly auto: string; readonly light: string; readonly dark: string };
  /** First lines, with the moment in place of `{when}`. */
  readonly title: { readonly refused: string; readonly delayed: string; readonly delivered: string };
  /** First lines of the pages that explain a kind. */
  readonly whyTitle: { readonly refused: string; readonly delayed: string; readonly delivered: string };
  readonly headings: { readonly you: string; readonly postmaster: string; readonly until: string };
  readonly evidence: Readonly<Record<EvidenceName, string>>;
  /** Below the page: `{date}`, `{id}`. */
  readonly kept: string;
  readonly discretion: string;
  /** A day, and a time on it, in place of `{when}`. */
  readonly moment: (date: string, time: string) => string;
  readonly times: string;
  readonly receipt: string;
  /** Forms of the nouns, by the categories of CLDR. */
  readonly seconds: Partial<Record<Intl.LDMLPluralRule, string>>;
  readonly minutes: Partial<Record<Intl.LDMLPluralRule, string>>;
  readonly unknown: { readonly title: string; readonly what: string; readonly reasons: readonly string[]; readonly next: string };
  readonly missing: { readonly title: string; readonly what: string };
  readonly tooMany: { readonly title: string; readonly what: string };
  readonly fault: { readonly title: string; readonly what: string };
  readonly ask: {
    readonly title: string;
    readonly what: string;
    readonly button: string;
    readonly confirmNext: string;
    readonly confirmTitle: string;
    /** What the people who look after the domain will see. */
    readonly confirmWhat: readonly string[];
    readonly confirmButton: string;
    readonly back: string;
    readonly doneTitle: string;
    readonly done: string;
    readonly again: string;
    readonly full: string;
  };
  readonly kinds: Readonly<Record<Kind, KindWords>>;
}
