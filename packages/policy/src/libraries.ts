import { loadSecondView } from '@vratny/message';
import type { Policy } from './model/policy.ts';

/**
 * Loads what the facts of a policy load when they need it. A worker does so before it says that it is ready: one that
 * lacks a file must not take the place of workers that can judge, and a library that failed once to load fails for the
 * life of the process. Rejects when something cannot be loaded.
 */
export async function loadLibraries({ message }: Pick<Policy, 'message'>): Promise<void> {
  await Promise.all([
    import('./facts/spf/format-spf.ts'),
    import('./facts/authentication/verify-signatures.ts'),
    import('mailauth/lib/dmarc/index.js'),
    import('mailauth/lib/spf/spf-verify.js'),
  ]);
  if (message.some(({ name }) => name === 'attachments')) await loadSecondView();
}
