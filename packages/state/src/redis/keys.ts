import { createHash } from 'node:crypto';

/** What a key is for; one letter, since there are millions of them. */
type Kind = 'greylist' | 'counter' | 'ledger' | 'lease' | 'node-seen' | 'node-info';

/** Names of Redis keys. The part in braces decides the slot of a cluster, so what belongs to one decision lies on one node. */
export interface RedisKeys {
  of(kind: Kind, key: string): string;
  /** A SCAN pattern for all keys of a kind. */
  every(kind: Kind): string;
}

/** Names that begin with `prefix`. Keys are hashed: of one length whatever a sender makes up, and without anybody's address in them. */
export function createKeys(prefix: string): RedisKeys {
  return {
    of: (kind, key) => `${prefix}:${kind}:{${createHash('sha256').update(key).digest('base64url')}}`,
    every: (kind) => `${prefix}:${kind}:*`,
  };
}
