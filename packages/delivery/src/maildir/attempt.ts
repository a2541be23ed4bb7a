import type { Copy, DeliveryRequest } from '../port.ts';
import type { Doubtful } from './doubtful.ts';
import type { MaildirFiles } from './files.ts';
import type { Mailboxes } from './mailboxes.ts';
import type { Recounts } from './recounts.ts';
import type { NameMessage } from './unique-name.ts';
import type { Survey } from './usage.ts';

/** What storing needs besides the message. */
export interface MaildirStore {
  readonly root: string;
  readonly files: MaildirFiles;
  readonly mailboxes: Mailboxes;
  readonly nameMessage: NameMessage;
  readonly doubtful: Doubtful;
  readonly surveys: Recounts<Survey>;
}

/** A copy under way. */
export interface Attempt {
  readonly request: DeliveryRequest;
  readonly copy: Copy;
  /** Names that this request has given or found, without flags: two copies for one mailbox must not find each other. */
  readonly met: Set<string>;
}
