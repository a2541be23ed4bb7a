/** The suites that every implementation of the scanner ports passes. */
export { type AntispamHarness, describeAntispam } from './contract/antispam-contract.ts';
export { type AntivirusHarness, describeAntivirus } from './contract/antivirus-contract.ts';
