import type { SqlRow } from '../source/sql.ts';
import type { Asked } from './asked.ts';

/** Rows of some names, with the columns of the statements. */
interface NamedRows {
  readonly domains: readonly SqlRow[];
  readonly addresses: readonly SqlRow[];
}

/** Domains and addresses as one server has them at one moment. Rejects with `DirectoryFault`. */
export interface CopiedState {
  /** Pages of rows with the columns of the statements. */
  domainRows(): AsyncIterable<readonly SqlRow[]>;
  addressRows(): AsyncIterable<readonly SqlRow[]>;
  /** Differs after every change, and from server to server; where there is none, only a load tells. */
  version?(): Promise<string>;
  /** Names of domains and addresses that changed after a version; undefined when that cannot be told, or is `limit` or more. */
  changedSince?(version: string, limit: number): Promise<readonly string[] | undefined>;
  rowsOf(names: { readonly domains: readonly string[]; readonly addresses: readonly string[] }): Promise<NamedRows>;
}

/** What a copy is made of. */
interface CopiedSource {
  /** Works on one state of it; with that of another server from the beginning when one breaks off. Rejects with `DirectoryFault`, and as the work does. */
  snapshot<T>(work: (state: CopiedState) => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** The same, with what is laid over it. */
export interface CopySource extends CopiedSource {
  /** Which database it is, and what is asked of it. */
  readonly asked: Asked;
  readonly overlay?: CopiedSource;
}

/** A state of a source by itself, and the beginning of the names of its tables in a copy. */
export interface CopiedPart {
  readonly state: CopiedState;
  readonly prefix: Prefix;
}

export type Prefix = '' | 'overlay_';

/** Works on a source and on what is laid over it, each in one state. */
export function withParts<T>(source: CopySource, work: (parts: readonly CopiedPart[]) => Promise<T>, signal?: AbortSignal): Promise<T> {
  const { overlay } = source;
  return source.snapshot((state) => {
    const part = { state, prefix: '' } as const;
    if (overlay === undefined) return work([part]);
    return overlay.snapshot((over) => work([part, { state: over, prefix: 'overlay_' }]), signal);
  }, signal);
}

/** The versions of all parts, as one text; undefined where one of them has none. Rejects with `DirectoryFault`. */
export async function readVersion(parts: readonly CopiedPart[]): Promise<string | undefined> {
  const versions: string[] = [];
  for (const { state } of parts) {
    const version = await state.version?.();
    if (version === undefined) return undefined;
    versions.push(version);
  }
  return JSON.stringify(versions);
}
