import { type Host, hostId } from '@vratny/hosts';
import type { Policy } from '../model/policy.ts';
import { a10 } from './a.ts';
import { b10 } from './b.ts';
import { c10 } from './c.ts';
import { d10 } from './d.ts';
import { a20 } from './secondary-a.ts';
import { b20 } from './secondary-b.ts';

/** All policies, in the order of the tables. Secondary c has none: it replies 4xx to everything. */
export const POLICIES: readonly Policy[] = [a10, b10, c10, d10, a20, b20];

/** The policy of a host; undefined for secondary c. */
export function policyOf(host: Host): Policy | undefined {
  return POLICIES.find((policy) => policy.name === hostId(host));
}
