import { fact } from '../model/fact.ts';

/** The client is in one of our own networks, or a forwarder that the site trusts. */
export const trustedClient = fact({
  name: 'trusted-client',
  stage: 'connect',
  deadlineMs: 1000,
  needs: {},
  ports: [],
  find: ({ client, settings }): boolean => settings.trusts(client.ip),
});

/** The recipient is postmaster or abuse, whom everybody can reach (RFC 5321 §4.5.1, RFC 2142 §4). */
export const roleMailbox = fact({
  name: 'role-mailbox',
  stage: 'rcpt',
  deadlineMs: 1000,
  needs: {},
  ports: [],
  find: ({ recipient }): boolean => /^(?:postmaster|abuse)$/iu.test(recipient.local),
});

/** The site never greylists this sender or this client: `.cz` senders, and those of its own list. */
export const greylistExempt = fact({
  name: 'greylist-exempt',
  stage: 'mail',
  deadlineMs: 1000,
  needs: {},
  ports: [],
  find: ({ sender, client, settings }): boolean => settings.greylist.exempts(sender, client.ip),
});
