import type { Address, ReversePath } from './address.ts';
import type { MailParameters } from './extensions.ts';
import type { Refusal } from './reply.ts';

/** What a client may ask, as values (RFC 5321 §4.1). */
export type Command =
  | { readonly verb: 'EHLO' | 'HELO'; readonly name: string }
  | { readonly verb: 'MAIL'; readonly sender: ReversePath; readonly parameters: MailParameters }
  | { readonly verb: 'RCPT'; readonly recipient: ForwardPath }
  /** So many octets of message follow at once (RFC 3030 §2). */
  | { readonly verb: 'BDAT'; readonly sizeBytes: number; readonly last: boolean }
  | { readonly verb: 'VRFY'; readonly subject: string }
  | { readonly verb: 'DATA' | 'RSET' | 'NOOP' | 'QUIT' | 'HELP' | 'STARTTLS' };

/** Where a message goes: an address, or the site's own postmaster without a domain (RFC 5321 §4.5.1). */
export type ForwardPath = Address | 'postmaster';

/** The name of a command. */
export type Verb = Command['verb'];

/** A line that is no command, with the reply it gets. */
export interface Malformed {
  readonly verb: Verb | 'unknown';
  readonly malformed: Refusal;
}
