import { z } from 'zod';

/** What a key means, said once, where the key is declared; the generated documents are made of it. */
export interface Notes {
  /** Whole sentences, in Markdown. */
  readonly about: string;
  /** What applies when the key is left out, as it would be written in the file. */
  readonly default?: unknown;
  /** What applies when the key is left out and that cannot be written in the file. */
  readonly otherwise?: string;
  /** A sensible value, as it would be written in the file, where the default is none. */
  readonly example?: unknown;
  /** The site file must have it. */
  readonly required?: boolean;
}

const NOTES = z.registry<Notes>();

/** The notes of a key, or undefined for a schema that is no key. */
export function notesOf(schema: z.core.$ZodType): Notes | undefined {
  return NOTES.get(schema);
}

/** A key that the file must have. */
export function required<S extends z.ZodType>(schema: S, notes: { readonly about: string; readonly example?: unknown }): S {
  return note(schema, { ...notes, required: true });
}

/** A key that may be left out, and what is then missing. */
export function optional<S extends z.ZodType>(
  schema: S,
  notes: { readonly about: string; readonly otherwise: string; readonly example?: unknown },
): z.ZodExactOptional<S> {
  return note(z.exactOptional(schema), notes);
}

/**
 * A key with a default. The default goes through the same reader as what is written, so that the documents cannot be
 * wrong about it.
 */
export function defaulted<S extends z.ZodType>(
  schema: S,
  notes: { readonly about: string; readonly default: z.input<S>; readonly example?: unknown },
): z.ZodPrefault<S> {
  return note(z.prefault(schema, notes.default), notes);
}

function note<S extends z.ZodType>(schema: S, notes: Notes): S {
  NOTES.add(schema, notes);
  return schema;
}
