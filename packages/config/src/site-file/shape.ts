import { z } from 'zod';

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
