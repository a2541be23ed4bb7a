import { describeDatabaseError } from '@vratny/files';
import { DirectoryFault } from '../port.ts';
import { RegisterRefusal } from '../register.ts';

/** Runs work on the database; whatever goes wrong in it becomes a {@link DirectoryFault} that names the file. Refusals pass. */
export async function withFaults<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RegisterRefusal) throw error;
    const missing = error instanceof DirectoryFault && error.missing;
    throw new DirectoryFault(`directory ${path}: ${describeDatabaseError(path, error)}`, { cause: error, missing });
  }
}
