/** The directory ports: look-ups for mx, and the register of changes for mxctl, panel and domains. */

export type { Destination, Directory, Domain, Mailbox, MailboxesAt } from './port.ts';
export { DirectoryFault } from './port.ts';
export type { Actor, Alias, AuditEntry, DirectoryRecord, DomainSettings, MailboxSettings, Register } from './register.ts';
export { RecordRefusal, RegisterRefusal } from './register.ts';
export type { UsageBatch, UsageChange } from './usage.ts';
export { createUsageBatch } from './usage.ts';
