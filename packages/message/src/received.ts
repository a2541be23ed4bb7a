import type { HeaderField } from './header.ts';

/** How many servers say they had the message (RFC 5321 §6.3: counting them is how loops are found). */
export function countReceived(fields: readonly HeaderField[]): number {
  let count = 0;
  for (const field of fields) if (field.name === 'received') count += 1;
  return count;
}
