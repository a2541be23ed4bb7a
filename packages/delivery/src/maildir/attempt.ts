import type { Copy, DeliveryRequest } from '../port.ts';
import type { MaildirFiles } from './files.ts';
import type { Mailboxes } from './mailboxes.ts';
import type { Recounts } from './recounts.ts';
import type { NameMessage } from './unique-name.ts';
import type { Unsynced } from './unsynced.ts';
import type { Survey } from './usage.ts';

/** What is needed to store a message. */
export interface MaildirStore {
  readonly root: string;
  readonly files: MaildirFiles;
  readonly mailboxes: Mailboxes;
  readonly nameMessage: NameMessage;
  readonly unsynced: Unsynced;
  readonly surveys: Recounts<Survey>;
}

/** One copy that is being stored. */
export interface Attempt {
  readonly request: DeliveryRequest;
  readonly copy: Copy;
  /**
   * File names, without flags, that this request has created or found. Two copies for one mailbox must not find each
   * other.
   */
  readonly seen: Set<string>;
}
