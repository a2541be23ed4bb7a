import { fact } from '../model/fact.ts';

/** The recipient is postmaster or abuse, whom everybody can reach (RFC 5321 §4.5.1, RFC 2142 §4). */
export const roleMailbox = fact({
  name: 'role-mailbox',
  stage: 'rcpt',
  deadlineMs: 1000,
  needs: {},
  ports: [],
  find: ({ recipient }): boolean => /^(?:postmaster|abuse)$/iu.test(recipient.local),
});
