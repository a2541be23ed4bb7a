import { createHash } from 'node:crypto';

/** A script and the name Redis knows it by. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

/**
 * Makes one of its text. With `allowOom` it is run by a Redis that is full too (maxmemory with noeviction), for what must not be lost with the rest.
 * @see https://redis.io/docs/latest/develop/programmability/lua-api/#script_flags, since Redis 7.0
 */
export function script(text: string, options: { readonly allowOom?: true } = {}): Script {
  const lua = options.allowOom ? `#!lua flags=allow-oom\n${text}` : text;
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/*
 * Every decision is one script, so that it is atomic and one round trip. Times come from the caller as ARGV, in milliseconds since 1970; what has
 * ended by them counts as absent, whatever Redis still holds. PEXPIRE only tidies up, later than any caller's clock (REDIS_SLACK_MS).
 */
