import { z } from 'zod';
import { defaulted, optional } from './key.ts';
import { LMTP_CONNECTIONS_MAX } from './limits.ts';
import { quote, type Reading, read, wrong } from './values/reading.ts';
import { textual, wholeNumber } from './values/scalar.ts';
import { type MailStore, parseMailStore, parseRelay } from './values/store.ts';
import { locator } from './values/url.ts';

/** The keys about where messages go; they stand at the top of the site file. */
export function deliveryKeys(base: string) {
  return {
    delivery: defaulted(deliveryStore(base), {
      about:
        'Where messages go: `maildir:PATH`, `lmtp://HOST:PORT[,HOST:PORT]` or `lmtp+unix:PATH`. Several LMTP servers lead to one store: the next is asked while one is away. A host opens up to 64 connections to each LMTP server, shared out to its workers; `{ url: "lmtp://...", connections: 40 }` says another number, also for the stores that mailboxes name. Dovecot starts a process for each and, unless told otherwise, no more than 100: two hosts with 64 each need more (docs/OPERATIONS.md).',
      default: 'maildir:./mail',
    }),
    forwarding: optional(locator('smtp://HOST:PORT[,HOST:PORT]', parseRelay, { baseDirectory: base }), {
      about:
        'Who sends on what aliases lead to outside: a mail server of yours (SMTP, no TLS, no log-in), which is given a copy before the message is acknowledged. SMTPUTF8 is not offered then.',
      otherwise: 'aliases that lead outside are refused by `mxctl`, and mail to them is delayed',
      example: 'smtp://relay.example.net:25',
    }),
  };
}

const EXPECTED = 'maildir:PATH, lmtp://HOST:PORT[,HOST:PORT], lmtp+unix:PATH, or { url: ..., connections: ... }';

/** Where messages go: a URL, or a URL of LMTP servers with the number of connections that a host may open to each. */
function deliveryStore(baseDirectory: string): z.ZodType<MailStore> {
  const written = z.strictObject(
    { url: textual(EXPECTED, read), connections: z.exactOptional(wholeNumber(1, LMTP_CONNECTIONS_MAX)) },
    { error: ({ code, input }) => (code === 'invalid_type' ? `must be ${EXPECTED}, not ${quote(input)}` : undefined) },
  );
  return z
    .preprocess((value) => (typeof value === 'string' ? { url: value } : value), written)
    .transform(({ url, connections }, context) => {
      const reading = withConnections(parseMailStore(url, { baseDirectory }), connections);
      if (reading.ok) return reading.value;
      context.addIssue({ code: 'custom', message: reading.message, input: url });
      return z.NEVER;
    });
}

function withConnections(store: Reading<MailStore>, connections: number | undefined): Reading<MailStore> {
  if (!store.ok || connections === undefined) return store;
  if (store.value.kind === 'maildir') return wrong('has `connections`, and a Maildir has none');
  return read({ ...store.value, connections });
}
