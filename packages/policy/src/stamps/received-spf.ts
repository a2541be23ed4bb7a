import { spf } from '../facts/spf.ts';
import type { Stamp } from '../model/stamp.ts';
import { foldField } from './fold.ts';

/** RFC 7208 §9.1. */
export const receivedSpf: Stamp = {
  name: 'received-spf',
  facts: [spf],
  write(_context, found) {
    const result = found(spf);
    return result.known ? foldField(result.value.header) : '';
  },
};
