import { renderConfigDoc, renderExample } from '@vratny/config/site-file';
import { renderPolicies } from '@vratny/policy';

/** A file that is made from the source, and how. */
export interface Generated {
  /** From the root of the checkout. */
  readonly path: string;
  readonly render: () => string;
}

/** Every generated file: `npm run -s docs` writes them, a test fails when one is stale. */
export const GENERATED: readonly Generated[] = [
  { path: 'docs/POLICIES.md', render: renderPolicies },
  { path: 'docs/CONFIG.md', render: renderConfigDoc },
  { path: 'site.example.yaml', render: renderExample },
];

/** The root of the checkout. */
export const ROOT = new URL('../../', import.meta.url);
