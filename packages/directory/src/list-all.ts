import { LIST_MAX } from './limits.ts';
import { DirectoryFault } from './port.ts';

/** A listing in full, or a fault: a list that was cut silently would look complete. */
export async function listAll<T>(list: (limit: number) => Promise<readonly T[]>): Promise<readonly T[]> {
  const rows = await list(LIST_MAX + 1);
  if (rows.length > LIST_MAX) throw new DirectoryFault(`more than ${LIST_MAX} rows to list`);
  return rows;
}
