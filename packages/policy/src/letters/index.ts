import { type Host, hostId } from '@vratny/hosts';
import type { Policy } from '../model/policy.ts';
import { a10 } from './a.ts';
import { b10 } from './b.ts';
import { c10 } from './c.ts';
import { d10 } from './d.ts';

/** Every policy that exists, in the order of the tables. */
export const POLICIES: readonly Policy[] = [a10, b10, c10, d10];

/** The policy of a host, or undefined where there is none yet. */
export function policyOf(host: Host): Policy | undefined {
  return POLICIES.find((policy) => policy.name === hostId(host));
}
