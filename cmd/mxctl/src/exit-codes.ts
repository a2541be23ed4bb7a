/** Exit codes of mxctl, after sysexits.h. */
export const EXIT = {
  fine: 0,
  /**
   * The change makes no sense (an unknown domain, an address that exists), or the answer is no (a message would be
   * refused, a list is muted).
   */
  refused: 1,
  /** EX_USAGE */
  usage: 64,
  /** EX_NOINPUT: a message that cannot be read. */
  input: 66,
  /** EX_SOFTWARE: a bug of ours. */
  bug: 70,
  /** EX_IOERR: what was done cannot be printed. */
  output: 74,
  /** EX_TEMPFAIL: the directory cannot tell. */
  temporary: 75,
  /** EX_CONFIG */
  config: 78,
} as const;

/** A command that has said everything, and whose answer is no: scripts learn it by {@link EXIT.refused}, or by {@link EXIT.temporary} that it cannot be told. */
export class AnswerIsNo extends Error {
  override readonly name = 'AnswerIsNo';
  readonly exitCode: number;

  constructor(exitCode: typeof EXIT.refused | typeof EXIT.temporary = EXIT.refused) {
    super('the answer is no');
    this.exitCode = exitCode;
  }
}
