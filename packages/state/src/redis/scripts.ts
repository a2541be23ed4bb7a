import { createHash } from 'node:crypto';

/** A script and the name Redis knows it by. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

/** Makes one of its text. */
export function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/*
 * Every decision is one script, so that it is atomic and one round trip. Times come from the caller as ARGV, in milliseconds since 1970; what has
 * ended by them counts as absent, whatever Redis still holds. PEXPIRE only tidies up, later than any caller's clock (REDIS_SLACK_MS).
 */
