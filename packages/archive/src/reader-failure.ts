import { describeError } from '@vratny/text';

/** The reader itself failed: a full disk, a program that does not start. Nothing is known about the archive then. */
export class ReaderFailure extends Error {
  override readonly name = 'ReaderFailure';
}

/**
 * Runs what depends on this machine and not on the archive, and keeps its first failure: the programs that read
 * archives swallow exceptions on their way, and what they say then would be said of the archive.
 */
export interface MachineWork {
  readonly failure: ReaderFailure | undefined;
  /** An archive may have left a program in a state of its making: this process must read no other. */
  readonly worn: boolean;
  wear(): void;
  /** @throws ReaderFailure, which begins with `what` */
  run<T>(what: string, work: () => T): T;
  /** Rejects with a {@link ReaderFailure}, which begins with `what`. */
  wait<T>(what: string, work: () => Promise<T>): Promise<T>;
}

export function createMachineWork(): MachineWork {
  let failure: ReaderFailure | undefined;
  let worn = false;
  const failed = (what: string, error: unknown): ReaderFailure => {
    failure ??= new ReaderFailure(`${what}: ${describeError(error)}`, { cause: error });
    return failure;
  };
  return {
    get failure() {
      return failure;
    },
    get worn() {
      return worn;
    },
    wear() {
      worn = true;
    },
    run(what, work) {
      try {
        return work();
      } catch (error) {
        throw failed(what, error);
      }
    },
    async wait(what, work) {
      try {
        return await work();
      } catch (error) {
        throw failed(what, error);
      }
    },
  };
}
