import { z } from 'zod';
import { defaulted, optional, required } from './key.ts';
import { DOMAINS_PUBLISHED_MAX, PUBLISHERS_MAX } from './limits.ts';
import { section } from './section.ts';
import { secret } from './values/file.ts';
import { domainName } from './values/name.ts';
import { oneOf, resolverEndpoint } from './values/scalar.ts';
import { webAddress } from './values/url.ts';

const tsig = (base: string) =>
  section({
    name: required(domainName(), { about: 'What the server calls the key.', example: 'vratny' }),
    algorithm: defaulted(oneOf('hmac-sha256', 'hmac-sha384', 'hmac-sha512'), { about: 'How updates are signed.', default: 'hmac-sha256' }),
    secret: required(secret(base), { about: 'The secret, in base 64.', example: { file: './tsig.secret' } }),
  });

const powerdns = (base: string) =>
  section({
    url: required(webAddress(), { about: 'Where its API listens.', example: 'http://127.0.0.1:8081' }),
    key: required(secret(base), { about: 'Its `api-key`.', example: { file: './powerdns.key' } }),
  });

const publisher = (base: string) =>
  section({
    server: required(resolverEndpoint(), {
      about: 'The name server that takes the changes; it is asked before and afterwards, wherever its address is.',
      example: '192.0.2.53',
    }),
    zones: optional(
      z.array(domainName(), 'must be a list').max(DOMAINS_PUBLISHED_MAX, `has more than ${DOMAINS_PUBLISHED_MAX} entries`).readonly(),
      {
        about: 'The zones that may be changed, with all domains below them.',
        otherwise: 'each domain of ours that is a zone of its own on this server',
        example: ['firma.example'],
      },
    ),
    tsig: optional(tsig(base), {
      about:
        'The key that signs updates (RFC 2136, RFC 8945): Knot, BIND, PowerDNS with `dnsupdate`. Nothing that somebody changed meanwhile is overwritten.',
      otherwise: 'there are no such updates',
    }),
    powerdns: optional(powerdns(base), { about: 'The HTTP API of PowerDNS.', otherwise: 'it is not used' }),
  }).superRefine(({ tsig: signed, powerdns: api }, context) => {
    if ((signed === undefined) === (api === undefined))
      context.addIssue({ code: 'custom', message: 'must have `tsig` or `powerdns`, and not both' });
  });

/** Where records are published. */
export const publishKeys = (base: string) => ({
  publish: defaulted(z.array(publisher(base), 'must be a list').max(PUBLISHERS_MAX, `has more than ${PUBLISHERS_MAX} entries`).readonly(), {
    about:
      'Name servers of ours, whose MX records `mxctl domain policy` changes by itself; the first that has the zone of a domain counts. For others it prints what to set.',
    default: [],
  }),
});
