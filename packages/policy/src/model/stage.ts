import type { Destination } from '@vratny/directory';
import type { Host, SecondaryOf } from '@vratny/hosts';
import type { Content } from '@vratny/message';
import type { Address, MailParameters, ReversePath } from '@vratny/smtp';

/** The stages of a session at which a policy is judged. */
export type Stage = 'connect' | 'helo' | 'mail' | 'rcpt' | 'message';

/** All stages, in the order of a session. */
export const STAGES = ['connect', 'helo', 'mail', 'rcpt', 'message'] as const satisfies readonly Stage[];

/** What a policy needs to know of the site. */
export interface PolicySettings {
  /** The host's own DNS name: `mx1d10.thinline.example`. */
  readonly hostName: string;
  /** `name` and `domain` of the cluster, from which the MX names are made. */
  readonly cluster: { readonly name: string; readonly domain: string };
  readonly secondaryOf: SecondaryOf;
  readonly messageMaxBytes: number;
  /** True for our own networks and trusted forwarders. */
  readonly trusts: (ip: string) => boolean;
  readonly greylist: GreylistSettings;
  readonly antispam: AntispamSettings;
  readonly attachments: AttachmentSettings;
}

/** Greylisting on this site. */
export interface GreylistSettings {
  /** From the first contact until mail is taken. */
  readonly delayMs: number;
  /** How long it is then taken. */
  readonly windowMs: number;
  /** How many leading bits of a client's address count. */
  readonly ipv4Prefix: number;
  readonly ipv6Prefix: number;
  /** `spf`: a sender that SPF confirms is known from all addresses of its domain. `address` unless given. */
  readonly pools?: 'address' | 'spf';
  /** `stable`: of a sender that changes with each message only what stays the same counts. `exact` unless given. */
  readonly senders?: 'exact' | 'stable';
  /** Senders and clients that the site never greylists. */
  readonly exempts: (sender: ReversePath, ip: string) => boolean;
}

/** What happens with archives that cannot be read. */
export interface AttachmentSettings {
  readonly encryptedArchives: 'pass' | 'refuse';
  readonly unreadableArchives: 'pass' | 'refuse';
}

/** How spam is treated on this site. */
export interface AntispamSettings {
  /** From this score on a message is refused, where every mailbox has antispam on. */
  readonly refuseScore: number;
  /** From this score on copies are marked as spam. */
  readonly markScore: number;
  /** What happens with a message when the scanner fails. */
  readonly onFault: 'delay' | 'pass';
}

/**
 * Known when a client has connected. Contexts of later stages extend those of earlier ones, so that code for an earlier
 * stage can run later.
 */
export interface ConnectContext {
  readonly settings: PolicySettings;
  readonly host: Host;
  readonly client: { readonly ip: string };
}

/** After EHLO or HELO. */
export interface HeloContext extends ConnectContext {
  readonly helo: { readonly verb: 'EHLO' | 'HELO'; readonly name: string };
  /** Undefined while the session is not encrypted. */
  readonly tls: { readonly protocol: string; readonly cipher: string } | undefined;
}

/** After MAIL. */
export interface MailContext extends HeloContext {
  readonly sender: ReversePath;
  readonly parameters: MailParameters;
  /** When the transaction began. */
  readonly startedAt: Date;
}

/** At each RCPT. */
export interface RcptContext extends MailContext {
  readonly recipient: Address;
  /** The client wrote `<postmaster>` alone; `recipient` is then the site's own (RFC 5321 §4.5.1). */
  readonly sitePostmaster: boolean;
}

/** An accepted recipient, and where its mail goes. */
export interface AcceptedRecipient {
  readonly recipient: Address;
  readonly destination: Extract<Destination, { kind: 'mailboxes' }>;
}

/** After the final dot. */
export interface MessageContext extends MailContext {
  readonly recipients: readonly AcceptedRecipient[];
  readonly content: Content;
  /** The findings of the gate. `oversize`: the content was cut at the limit. */
  readonly gate: { readonly bareCr: boolean; readonly nul: boolean; readonly oversize: boolean };
  /** Identifier of this message in log, receipt and Received. */
  readonly id: string;
  readonly receivedAt: Date;
}

/** The context of each stage. */
export interface ContextOf {
  readonly connect: ConnectContext;
  readonly helo: HeloContext;
  readonly mail: MailContext;
  readonly rcpt: RcptContext;
  readonly message: MessageContext;
}

/**
 * The stages whose contexts are part of a stage's context. A message has recipients, not one: `rcpt` is not part of
 * `message`.
 */
export interface Within {
  readonly connect: 'connect';
  readonly helo: 'connect' | 'helo';
  readonly mail: 'connect' | 'helo' | 'mail';
  readonly rcpt: 'connect' | 'helo' | 'mail' | 'rcpt';
  readonly message: 'connect' | 'helo' | 'mail' | 'message';
}

// `Within` at run time: a missing or additional key does not compile.
const WITHIN: { readonly [S in Stage]: Readonly<Record<Within[S], true>> } = {
  connect: { connect: true },
  helo: { connect: true, helo: true },
  mail: { connect: true, helo: true, mail: true },
  rcpt: { connect: true, helo: true, mail: true, rcpt: true },
  message: { connect: true, helo: true, mail: true, message: true },
};

/** True when the context of `stage` is part of the context of `of`. */
export function isWithin(stage: Stage, of: Stage): boolean {
  return Object.hasOwn(WITHIN[of], stage);
}
