/** Other people's programs for the demo and the tests: Debian packages of them, and clamd and rspamd in a folder of their own. */

export type { ClamdFolder, ClamdSettings } from './clamd.ts';
export { commandClamd, EICAR_NAME, startClamd, TEST_NAME, testVirus, writeSignatures } from './clamd.ts';
export type { InstallOptions } from './debian.ts';
export { installPackages } from './debian.ts';
export { findFreePort } from './free-port.ts';
export type { KeptDaemon, KeptDaemonOptions } from './keep-daemon.ts';
export { keepDaemon } from './keep-daemon.ts';
export type { RspamdFolder } from './rspamd.ts';
export { pingRspamd, startRspamd } from './rspamd.ts';
export type { RunningProgram } from './running-program.ts';
export { findProgram, startProgram } from './running-program.ts';
export type { UnpackedPackages } from './unpack.ts';
export { unpackPackages } from './unpack.ts';
