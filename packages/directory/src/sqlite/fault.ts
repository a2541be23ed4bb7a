import { describeDatabaseError } from '@vratny/files';
import { DirectoryFault } from '../port.ts';
import { RegisterRefusal } from '../register.ts';

/** Runs work on the database; whatever goes wrong in it rejects with a {@link DirectoryFault} that names the file. Refusals pass. Never throws. */
export function withFaults<T>(path: string, work: () => Promise<T>): Promise<T>;
export function withFaults<T>(path: string, work: () => T | Promise<T>): T | Promise<T>;
export function withFaults<T>(path: string, work: () => T | Promise<T>): T | Promise<T> {
  const fail = (error: unknown): Promise<never> => {
    if (error instanceof RegisterRefusal) return Promise.reject(error);
    const missing = error instanceof DirectoryFault && error.missing;
    return Promise.reject(new DirectoryFault(`directory ${path}: ${describeDatabaseError(path, error)}`, { cause: error, missing }));
  };
  try {
    const done = work();
    return done instanceof Promise ? done.catch(fail) : done;
  } catch (error) {
    return fail(error);
  }
}
