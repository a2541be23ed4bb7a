import type { Site } from '@vratny/config';
import type { History } from '@vratny/journal/history';

/** The history of a site: for the one process of a host that writes it, or for readers. */
export async function openHistory({ url }: NonNullable<Site['history']>, options: { readonly readOnly?: boolean } = {}): Promise<History> {
  const { openSqliteHistory } = await import('@vratny/journal/history/sqlite');
  return openSqliteHistory({ folder: url.path, readOnly: options.readOnly ?? false });
}
