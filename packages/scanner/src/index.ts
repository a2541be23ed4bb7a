/** The scanner ports: Antivirus and Antispam over somebody else's daemons. */
export type { Antispam, AntispamAnswer, Antivirus, AntivirusAnswer, SpamAction, SpamEnvelope, SpamSymbol } from './port.ts';
export type { ScannerFaultKind } from './scanner-fault.ts';
export { ScannerFault } from './scanner-fault.ts';
