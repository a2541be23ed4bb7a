import type { Site } from '@vratny/config';
import type { History } from '@vratny/journal/history';
import { openSqliteHistory } from '@vratny/journal/history/sqlite';

/** The history of a site: for the one process of a host that writes it, or for readers. */
export function openHistory({ url }: NonNullable<Site['history']>, options: { readonly readOnly?: boolean } = {}): History {
  return openSqliteHistory({ folder: url.path, readOnly: options.readOnly ?? false });
}
