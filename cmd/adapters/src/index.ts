/** From the site file's unions to adapters, one exhaustive switch each; shared by the programs. */

export { checkDirectory } from './check-directory.ts';
export { type CheckOptions, checkSite } from './check-site.ts';
export { openArchives } from './open-archives.ts';
export type { DeliveryOptions } from './open-delivery.ts';
export { makeMailRoot, openDelivery, readMailboxStore } from './open-delivery.ts';
export { openCopySource, openDirectory, openRegister, type WhenMissing } from './open-directory.ts';
export { openDns, openDnsbl } from './open-dns.ts';
export { openHistory } from './open-history.ts';
export { journalAtLevel, openJournal } from './open-journal.ts';
export { openPublishers, type Publishers } from './open-publishers.ts';
export { openAntispam, openAntivirus } from './open-scanners.ts';
export { openState } from './open-state.ts';
export { openWorld } from './open-world.ts';
export { matchClient, policySettings } from './policy-settings.ts';
export { explainFileError, loadSite } from './read-named-file.ts';
export type { CertificateTerm, TlsMaterial } from './read-tls.ts';
export { findOutOfDate, findRunningOut, readTls, termsOf } from './read-tls.ts';
export type { Failure } from './start-problem.ts';
export { EXIT_CONFIG, EXIT_TEMPORARY, explainFailure, StartProblem } from './start-problem.ts';
export { connectSystemd, type Systemd } from './systemd.ts';
export { versionOf } from './version.ts';
export type { TlsListener, TlsWatch } from './watch-tls.ts';
export { watchTls } from './watch-tls.ts';
