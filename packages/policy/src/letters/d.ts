import { antispam } from '../checks/antispam.ts';
import { antivirus } from '../checks/antivirus.ts';
import { attachments } from '../checks/attachments.ts';
import { dnsbl } from '../checks/dnsbl.ts';
import { headerSize, hopCount } from '../checks/header.ts';
import { lineEndings } from '../checks/line-endings.ts';
import { mailbox, mailboxRoom } from '../checks/mailbox.ts';
import { declaredSize, receivedSize } from '../checks/message-size.ts';
import { recipientDomain } from '../checks/recipient-domain.ts';
import { senderDomain } from '../checks/sender-domain.ts';
import { spf } from '../checks/spf.ts';
import { roleMailbox, trustedClient } from '../facts/exemptions.ts';
import { unless } from '../model/check.ts';
import type { Policy } from '../model/policy.ts';
import { authenticationResults, receivedSpf } from '../stamps/authentication.ts';
import { received } from '../stamps/received.ts';
import { spam } from '../stamps/spam.ts';

/** Letter d, primary host: antivirus, forbidden attachment extensions and DNS blacklists. */
export const d10: Policy = {
  name: 'd10',
  summary: 'antivirus, forbidden attachment extensions and DNS blacklists',
  mail: [declaredSize],
  rcpt: [
    unless(trustedClient, unless(roleMailbox, dnsbl)),
    unless(roleMailbox, senderDomain),
    recipientDomain,
    unless(roleMailbox, mailbox),
    unless(roleMailbox, mailboxRoom),
    unless(trustedClient, unless(roleMailbox, spf)),
  ],
  message: [lineEndings, receivedSize, headerSize, hopCount, attachments, antivirus, antispam],
  stamps: [spam, authenticationResults, receivedSpf, received],
  lacks: [],
};
