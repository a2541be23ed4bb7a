import { describe, expect, it } from 'vitest';
import { describeTarget, parseRedisUrl } from './target.ts';

const at = (host: string, port: number) => ({ host, port });

describe('URLs', () => {
  it.each([
    ['redis://cache', { target: { kind: 'single', node: at('cache', 6379) }, tls: false, database: 0 }],
    ['redis://cache/', { target: { kind: 'single', node: at('cache', 6379) }, tls: false, database: 0 }],
    ['rediss://app@[::1]:7000/3', { target: { kind: 'single', node: at('::1', 7000) }, tls: true, database: 3, user: 'app' }],
    [
      'redis+sentinel://a:1,b/mail',
      { target: { kind: 'sentinel', sentinels: [at('a', 1), at('b', 26_379)], master: 'mail' }, tls: false, database: 0 },
    ],
    ['redis+sentinel://a/mail/2', { target: { kind: 'sentinel', sentinels: [at('a', 26_379)], master: 'mail' }, tls: false, database: 2 }],
    ['rediss+cluster://a:1,b:2', { target: { kind: 'cluster', nodes: [at('a', 1), at('b', 2)] }, tls: true, database: 0 }],
  ])('%s', (url, expected) => {
    expect(parseRedisUrl(url)).toEqual(expected);
  });

  it.each([
    ['http://cache', 'must be redis://'],
    ['redis://', 'where HOST:PORT must be'],
    ['redis://a,b', 'say redis+sentinel or redis+cluster'],
    ['redis://me:secret@cache', 'a password is given beside the URL'],
    ['redis://cache:0', 'where HOST:PORT must be'],
    ['redis://cache:65536', 'where HOST:PORT must be'],
    ['redis://cache/x', 'number of a database'],
    ['redis+sentinel://a', 'name of the master'],
    ['redis+sentinel://a/m/x', 'number of a database'],
    ['redis+cluster://a,/', 'where HOST:PORT must be'],
    ['redis+cluster://a/1', 'only database 0'],
    ['redis+ring://a', 'not redis+ring'],
    [`redis+cluster://${Array(101).fill('a').join(',')}`, 'more than 100 servers'],
  ])('%s is told why not', (url, reason) => {
    expect(parseRedisUrl(url)).toContain(reason);
  });

  it.each([
    ['redis://[::1]', 'redis [::1]:6379'],
    ['redis+sentinel://a,b:1/m', 'redis m of sentinels a:26379,b:1'],
    ['redis+cluster://a', 'redis cluster a:6379'],
  ])('%s in the log', (url, written) => {
    const read = parseRedisUrl(url);
    expect(typeof read === 'string' ? read : describeTarget(read.target)).toBe(written);
  });
});
