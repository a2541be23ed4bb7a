/** What a person wants of a long list. */
export interface ListOptions {
  readonly match?: string;
  readonly after?: string;
  readonly limit?: number;
}

/** The rows whose name holds a text, at most so many. */
export async function take<T>(
  rows: AsyncIterable<T>,
  nameOf: (row: T) => string,
  { match = '', limit }: ListOptions,
): Promise<readonly T[]> {
  const found: T[] = [];
  const wanted = match.toLowerCase();
  for await (const row of rows) {
    if (found.length === limit) break;
    if (nameOf(row).includes(wanted)) found.push(row);
  }
  return found;
}
