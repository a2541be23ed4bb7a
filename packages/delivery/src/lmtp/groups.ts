import type { Copy } from '../port.ts';
import { RECIPIENTS_MAX } from './limits.ts';

/** Copies that one transaction can deliver, with their places in the consignment. */
export interface Group {
  readonly stamps: string;
  readonly copies: readonly { readonly copy: Copy; readonly place: number }[];
}

/**
 * Copies with the same stamps go together, up to 100; an address stands in a group only once, since servers deliver two RCPTs of one
 * address as one message (Dovecot does) and we were asked for two.
 */
export function groupCopies(copies: readonly Copy[]): readonly Group[] {
  const groups: { stamps: string; addresses: Set<string>; copies: { copy: Copy; place: number }[] }[] = [];
  // The groups that may still take a copy, by stamps.
  const open = new Map<string, typeof groups>();
  for (const [place, copy] of copies.entries()) {
    const { stamps, target } = copy;
    const candidates = open.get(stamps) ?? [];
    let group = candidates.find((one) => one.copies.length < RECIPIENTS_MAX && !one.addresses.has(target.address));
    if (group === undefined) {
      group = { stamps, addresses: new Set(), copies: [] };
      groups.push(group);
      open.set(stamps, [...candidates, group]);
    }
    group.addresses.add(target.address);
    group.copies.push({ copy, place });
  }
  return groups;
}
