/** `crash`: the reader ended. `deadline`, `memory`: it was ended. `busy`: too many wait already. `closed`: after `close`. */
export type ArchiveFaultKind = 'crash' | 'deadline' | 'memory' | 'busy' | 'closed';

/** A reader could not tell. The same archive may do it again: faults other than `busy` and `closed` are counted by the message's digest. */
export class ArchiveFault extends Error {
  readonly kind: ArchiveFaultKind;
  constructor(kind: ArchiveFaultKind, detail: string) {
    super(`archive reader: ${kind}: ${detail}`);
    this.name = 'ArchiveFault';
    this.kind = kind;
  }
}
