import { z } from 'zod';
import { LMTP_CONNECTIONS_MAX } from '../limits.ts';
import { quote } from './quote.ts';
import { type Reading, read, wrong } from './reading.ts';
import { textual, wholeNumber } from './scalar.ts';
import { type MailStore, parseMailStore } from './store.ts';

const EXPECTED = 'maildir:PATH, lmtp://HOST:PORT[,HOST:PORT], lmtp+unix:PATH, or { url: ..., connections: ... }';

/** Where messages go: a URL, or a URL of LMTP servers with the number of connections that a host may open to each. */
export function deliveryStore(baseDirectory: string): z.ZodType<MailStore> {
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
