import { DEFAULT_SECONDARY_OF, type Host } from '@vratny/hosts';
import { contentOf } from '@vratny/message';
import type { Address } from '@vratny/smtp';
import type { Check, CheckAt } from '../model/check.ts';
import type { Policy } from '../model/policy.ts';
import type { Ports } from '../model/ports.ts';
import type { MailContext, MessageContext, PolicySettings, RcptContext } from '../model/stage.ts';

/** Contexts, ports and policies for this package's tests. */

/** Cluster mx1 of example.test, host d10. */
export const SETTINGS: PolicySettings = {
  hostName: 'mx1d10.example.test',
  cluster: { name: 'mx1', domain: 'example.test' },
  secondaryOf: DEFAULT_SECONDARY_OF,
  messageMaxBytes: 1024 * 1024,
  trusts: () => false,
  greylist: { delayMs: 300_000, windowMs: 86_400_000, ipv4Prefix: 32, ipv6Prefix: 64, exempts: () => false },
  antispam: { refuseScore: 15, markScore: 6, onFault: 'delay' },
  attachments: { encryptedArchives: 'pass', unreadableArchives: 'refuse' },
};

/** The default host of the contexts. */
export const D10: Host = { role: 'primary', letter: 'd' };

/** `local@domain` as an address. */
export function addressOf(local: string, domain = 'example.test'): Address {
  return { local, domain };
}

/** After MAIL FROM:<a@sender.test>. */
export function mailContext(changes: Partial<MailContext> = {}): MailContext {
  return {
    settings: SETTINGS,
    host: D10,
    client: { ip: '192.0.2.1' },
    helo: { verb: 'EHLO', name: 'client.test' },
    tls: undefined,
    sender: addressOf('a', 'sender.test'),
    parameters: { body: '7bit', utf8: false },
    startedAt: new Date('2026-01-02T03:04:05Z'),
    ...changes,
  };
}

/** At RCPT TO:<alice@example.test>. */
export function rcptContext(changes: Partial<RcptContext> = {}): RcptContext {
  return { ...mailContext(), recipient: addressOf('alice'), sitePostmaster: false, ...changes };
}

/** After the final dot of a message to alice@example.test. */
export function messageContext(changes: Partial<MessageContext> = {}, text = 'Subject: x\r\n\r\ny\r\n'): MessageContext {
  return {
    ...mailContext(),
    recipients: [{ recipient: addressOf('alice'), destination: mailboxOf('alice@example.test') }],
    content: contentOf(Buffer.from(text)),
    gate: { bareCr: false, nul: false, oversize: false },
    id: '0abc.1',
    receivedAt: new Date('2026-01-02T03:04:05Z'),
    ...changes,
  };
}

/** A destination of one mailbox. */
export function mailboxOf(
  address: string,
  changes: { readonly enabled?: boolean } = {},
): MessageContext['recipients'][number]['destination'] {
  const mailbox = { address, usedBytes: 0, antispam: false, enabled: true, ...changes };
  return { kind: 'mailboxes', domain: { name: address.split('@')[1] ?? '', letter: 'd' }, mailboxes: [mailbox] };
}

/** Ports of which nobody may ask those that are not given. */
export function portsOf(given: Partial<Ports> = {}): Ports {
  const unasked = () => Promise.reject(new Error('this port was not to be asked'));
  return {
    dns: { lookup: unasked },
    dnsbl: { ask: unasked },
    greylist: { firstSeen: unasked },
    archives: { list: unasked },
    counters: { hit: unasked },
    antivirus: { scan: unasked },
    antispam: { judge: unasked },
    clock: () => new Date('2026-01-02T03:04:05Z'),
    directory: { findDomain: unasked, findDestination: unasked },
    delivery: { admits: unasked },
    ...given,
  };
}

/** A policy of these checks alone. */
export function policyOfChecks(lists: {
  readonly mail?: readonly CheckAt<'mail'>[];
  readonly rcpt?: readonly CheckAt<'rcpt'>[];
  readonly message?: readonly Check<'message'>[];
}): Policy {
  return { name: 'x10', summary: 'made up', mail: [], rcpt: [], message: [], stamps: [], lacks: [], ...lists };
}
