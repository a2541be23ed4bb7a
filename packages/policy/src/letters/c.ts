import { antispam } from '../checks/antispam.ts';
import { antivirus } from '../checks/antivirus.ts';
import { attachments } from '../checks/attachments.ts';
import { declaredSize } from '../checks/declared-size.ts';
import { headerSize } from '../checks/header-size.ts';
import { hopCount } from '../checks/hop-count.ts';
import { lineEndings } from '../checks/line-endings.ts';
import { mailbox } from '../checks/mailbox.ts';
import { mailboxRoom } from '../checks/mailbox-room.ts';
import { receivedSize } from '../checks/received-size.ts';
import { recipientDomain } from '../checks/recipient-domain.ts';
import { senderDomain } from '../checks/sender-domain.ts';
import { spf } from '../checks/spf.ts';
import { roleMailbox } from '../facts/role-mailbox.ts';
import { trustedClient } from '../facts/trusted-client.ts';
import { unless } from '../model/check.ts';
import type { Policy } from '../model/policy.ts';
import { authenticationResults } from '../stamps/authentication-results.ts';
import { received } from '../stamps/received.ts';
import { receivedSpf } from '../stamps/received-spf.ts';
import { spam } from '../stamps/spam.ts';

/** Letter c, primary host: antivirus and forbidden attachment extensions. */
export const c10: Policy = {
  name: 'c10',
  summary: 'antivirus and forbidden attachment extensions',
  mail: [declaredSize],
  rcpt: [
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
