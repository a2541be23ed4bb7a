import { createHash } from 'node:crypto';
import type { ServerAddress } from '@vratny/client';
import type { DeliveryRequest, Outcome } from '@vratny/delivery';
import { createLmtp } from '@vratny/delivery/lmtp';
import { contentOf } from '@vratny/message';
import type { Dovecot } from '@vratny/support/dovecot';

/** Both ways to a Dovecot. */
export function serversOf(dovecot: Dovecot): Readonly<Record<'tcp' | 'unix', ServerAddress>> {
  return {
    tcp: { kind: 'tcp', host: '127.0.0.1', port: dovecot.lmtpPort },
    unix: { kind: 'unix', path: dovecot.lmtpSocket },
  };
}

/** A client as mx makes it. */
export function openStore(servers: readonly ServerAddress[], connectionsMax = 4) {
  return createLmtp({ servers, hostName: 'mx.example.test', now: () => new Date(), connectionsMax });
}

/** One message for these mailboxes. */
export function consign(
  message: string,
  addresses: readonly string[],
  parts: Partial<DeliveryRequest> & { readonly stamps?: string } = {},
): DeliveryRequest {
  const { stamps = '', ...others } = parts;
  return {
    sender: { local: 'sender', domain: 'example.net' },
    content: contentOf(Buffer.from(message, 'latin1')),
    omit: [],
    key: hashOf(message),
    resumed: false,
    confirm: async () => true,
    signal: AbortSignal.timeout(60_000),
    copies: addresses.map((address) => ({ target: { address, usedBytes: 0 }, stamps })),
    ...others,
  };
}

/** Kinds only; `?` marks what is uncertain. */
export function kindsOf(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.map((outcome) => (outcome.kind === 'delayed' && outcome.uncertain === true ? 'delayed?' : outcome.kind));
}

/** What Dovecot puts before a message it stores. */
const STORE_HEADERS = /^(?:(?:Return-Path: <[^\r\n]*>|Delivered-To: [^\r\n]*)\r\n)*/u;

/** A message without what the store has added. */
export function withoutStoreHeaders(stored: string): string {
  return stored.replace(STORE_HEADERS, '');
}

/** Of octets in latin1. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex');
}
