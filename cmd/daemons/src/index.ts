/**
 * Other people's programs for the demo and the tests: Debian packages of them, and clamd and rspamd in a folder of
 * their own.
 */

export type { ClamdFolder, ClamdSettings } from './clamd.ts';
export { commandClamd, startClamd } from './clamd.ts';
export { EICAR_NAME, TEST_NAME, testVirus, writeSignatures } from './clamd-signatures.ts';
export type { InstallOptions, UnpackedPackages } from './debian.ts';
export { installPackages, unpackPackages } from './debian.ts';
export { findProgram } from './find-program.ts';
export { findFreePort } from './free-port.ts';
export type { KeptDaemon, KeptDaemonOptions } from './keep-daemon.ts';
export { keepDaemon } from './keep-daemon.ts';
export type { RspamdFolder } from './rspamd.ts';
export { pingRspamd, startRspamd } from './rspamd.ts';
export type { RunningProgram } from './running-program.ts';
export { startProgram } from './running-program.ts';
