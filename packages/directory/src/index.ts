/** The directory ports: look-ups for mx, and the register of changes for mxctl, panel and domains. */

export type { Destination, Directory, Domain, EarlierLetter, Mailbox, MailboxesAt } from './port.ts';
export { DirectoryFault } from './port.ts';
export type {
  AcceptedLetter,
  Actor,
  Alias,
  AuditEntry,
  DirectoryRecord,
  DomainSettings,
  LetterSight,
  MailboxSettings,
  Register,
} from './register.ts';
export { RecordRefusal, RegisterRefusal } from './register.ts';
export type { UsageBatch, UsageChange } from './usage.ts';
export { createUsageBatch } from './usage.ts';
