import { describeError } from '@vratny/text';

/** `no-space`: disk, quota or byte budget is used up (`452 4.3.1`); `io`: anything else the disk says. Both are temporary. */
export type SpoolFaultKind = 'no-space' | 'io';

/** The spool could not take or give the bytes. The message is one line for the log; `cause` is what the system said. */
export class SpoolFault extends Error {
  override readonly name = 'SpoolFault';
  readonly kind: SpoolFaultKind;

  constructor(kind: SpoolFaultKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

const NO_SPACE: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** What the system threw, as a fault of the spool. */
export function toSpoolFault(error: unknown): SpoolFault {
  if (error instanceof SpoolFault) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return new SpoolFault(NO_SPACE.has(code) ? 'no-space' : 'io', `spool: ${describeError(error)}`, { cause: error });
}
