import { antispam } from '../checks/antispam.ts';
import { greylist } from '../checks/greylist.ts';
import { headerSize, hopCount } from '../checks/header.ts';
import { lineEndings } from '../checks/line-endings.ts';
import { mailbox, mailboxRoom } from '../checks/mailbox.ts';
import { declaredSize, receivedSize } from '../checks/message-size.ts';
import { recipientDomain } from '../checks/recipient-domain.ts';
import { senderDomain } from '../checks/sender-domain.ts';
import { spf } from '../checks/spf.ts';
import { greylistExempt, roleMailbox, trustedClient } from '../facts/exemptions.ts';
import { unless } from '../model/check.ts';
import type { Policy } from '../model/policy.ts';
import { authenticationResults, receivedSpf } from '../stamps/authentication.ts';
import { received } from '../stamps/received.ts';
import { spam } from '../stamps/spam.ts';

/** Secondary a: no antivirus, no extensions, no blacklists; greylisting. */
export const a20: Policy = {
  name: 'a20',
  summary: 'no antivirus, no extensions, no blacklists; greylisting',
  mail: [declaredSize],
  rcpt: [
    unless(roleMailbox, senderDomain),
    recipientDomain,
    unless(roleMailbox, mailbox),
    unless(roleMailbox, mailboxRoom),
    unless(trustedClient, unless(greylistExempt, unless(roleMailbox, greylist))),
    unless(trustedClient, unless(roleMailbox, spf)),
  ],
  message: [lineEndings, receivedSize, headerSize, hopCount, antispam],
  stamps: [spam, authenticationResults, receivedSpf, received],
  lacks: [],
};
