import { z } from 'zod';
import { MISSING, quote } from './values/reading.ts';

/** A map of known keys; all others are problems. */
export function section<const S extends z.ZodRawShape>(shape: S): z.ZodReadonly<z.ZodObject<S, z.core.$strict>> {
  const error = ({ code, input }: { readonly code: string; readonly input?: unknown }): string | undefined => {
    if (code !== 'invalid_type') return undefined;
    return input === undefined ? MISSING : `must be a map of keys, not ${quote(input)}`;
  };
  return z.strictObject(shape, { error }).readonly();
}
