import { createHash } from 'node:crypto';
import { networkOfKey } from '../store.ts';

/** What a key is for; one letter, since there are millions of them. */
type Kind = 'greylist' | 'greylist-network' | 'counter' | 'ledger' | 'lease' | 'node-seen' | 'node-info';

/** Names of Redis keys. The part in braces decides the slot of a cluster, so what belongs to one decision lies on one node. */
export interface RedisKeys {
  of(kind: Kind, key: string): string;
  /** The key of a greylist entry, and of its network: on one node of a cluster, since an entry may have to make room for another. */
  greylist(key: string): readonly [entry: string, network: string];
  /** A SCAN pattern for all keys of a kind. */
  every(kind: Kind): string;
}

/** Names that begin with `prefix`. Keys are hashed: of one length whatever a sender makes up, and without anybody's address in them. */
export function createKeys(prefix: string): RedisKeys {
  const digest = (key: string) => createHash('sha256').update(key).digest('base64url');
  const of = (kind: Kind, key: string) => `${prefix}:${kind}:{${digest(key)}}`;
  return {
    of,
    greylist: (key) => [`${of('greylist', networkOfKey(key))}${digest(key)}`, of('greylist-network', networkOfKey(key))],
    every: (kind) => `${prefix}:${kind}:*`,
  };
}
