import type { HistoryEntry, HistoryVerdict } from './port.ts';
import type { Batch } from './queue.ts';

/** An entry without its story, in this order: id, time, host, client, HELO, sender, recipient, check, verdict, reply, octets, whether a story follows. */
type EntryRow = readonly [string, number, string, string, string, string, string, string, HistoryVerdict, string, number | null, boolean];

interface Header extends Omit<Batch, 'entries'> {
  readonly entries: readonly EntryRow[];
}

/**
 * A batch as lines of text: a JSON object, and then the stories as they are, a line each. They are JSON without line breaks, and to write and read them as a part
 * of another JSON object would cost more than all the rest.
 */
export function formatBatch({ source, nth, entries, counts }: Batch): string {
  const header: Header = { source, nth, counts, entries: entries.map(rowOf) };
  const stories = entries.flatMap(({ story }) => story ?? []);
  return `${[JSON.stringify(header), ...stories].join('\n')}\n`;
}

function rowOf({ id, at, host, client, helo, sender, recipient, check, verdict, reply, sizeBytes, story }: HistoryEntry): EntryRow {
  return [id, at.getTime(), host, client, helo, sender, recipient, check, verdict, reply, sizeBytes ?? null, story !== undefined];
}

/** Reads batches from pieces of a stream of text, whatever the pieces are. Throws what `JSON.parse` does for a line that is no batch. */
export function readBatches(onBatch: (batch: Batch) => void): (piece: string) => void {
  let unended = '';
  let header: Header | undefined;
  let missing = 0;
  let stories: string[] = [];
  const readLine = (line: string): void => {
    if (header === undefined) {
      header = JSON.parse(line) as Header;
      missing = header.entries.filter((row) => row[11]).length;
    } else {
      stories.push(line);
      missing -= 1;
    }
    if (missing > 0) return;
    const { entries, ...rest } = header;
    const left = stories.values();
    const batch = { ...rest, entries: entries.map((row) => entryOf(row, row[11] ? left.next().value : undefined)) };
    [header, stories] = [undefined, []];
    onBatch(batch);
  };
  return (piece) => {
    const [first = '', ...more] = piece.split('\n');
    unended += first;
    for (const next of more) {
      readLine(unended);
      unended = next;
    }
  };
}

function entryOf(row: EntryRow, story: string | undefined): HistoryEntry {
  const [id, at, host, client, helo, sender, recipient, check, verdict, reply, sizeBytes] = row;
  return {
    ...{ id, at: new Date(at), host, client, helo, sender, recipient, check, verdict, reply },
    ...(sizeBytes === null ? {} : { sizeBytes }),
    ...(story === undefined ? {} : { story }),
  };
}
