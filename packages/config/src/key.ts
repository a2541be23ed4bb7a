import { z } from 'zod';
import { MISSING, quote } from './values/reading.ts';

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

/** A map of known keys; all others are problems. */
export function section<const S extends z.ZodRawShape>(shape: S): z.ZodReadonly<z.ZodObject<S, z.core.$strict>> {
  const error = ({ code, input }: { readonly code: string; readonly input?: unknown }): string | undefined => {
    if (code !== 'invalid_type') return undefined;
    return input === undefined ? MISSING : `must be a map of keys, not ${quote(input)}`;
  };
  return z.strictObject(shape, { error }).readonly();
}

/** The keys below a schema: those of a map, or of the entries of a list of maps. Undefined when it has none. */
export function shapeOf(schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> | undefined {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) return inner.shape;
  if (inner instanceof z.ZodArray) return shapeOf(inner.element);
  if (inner instanceof z.ZodPipe) return shapeOf(inner.in) ?? shapeOf(inner.out);
  return undefined;
}

/** True when the keys below a schema are those of a list's entries. */
export function isList(schema: z.core.$ZodType): boolean {
  return unwrap(schema) instanceof z.ZodArray;
}

/** What stands below defaults, optional keys and read-only views. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const wrapped = schema instanceof z.ZodPrefault || schema instanceof z.ZodExactOptional || schema instanceof z.ZodReadonly;
  return wrapped ? unwrap(schema.unwrap()) : schema;
}
