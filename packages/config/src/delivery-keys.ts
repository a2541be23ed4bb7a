import { defaulted, optional } from './key.ts';
import { deliveryStore } from './values/delivery.ts';
import { parseRelay } from './values/store.ts';
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
