import { authentication } from '../facts/authentication.ts';
import { spf } from '../facts/spf.ts';
import type { Stamp } from '../model/policy.ts';
import { foldField } from './fold.ts';

/** RFC 8601: what was found out about who the message is from, for filters and readers behind us. */
export const authenticationResults: Stamp = {
  name: 'authentication-results',
  facts: [spf, authentication],
  write({ settings }, found) {
    const all = found(authentication);
    const alone = found(spf);
    const results = all.known ? all.value.results : [alone.known ? alone.value.info : 'spf=temperror', 'dkim=temperror'];
    return foldField(`Authentication-Results: ${settings.hostName}; ${results.join('; ') || 'none'}`);
  },
};

/** RFC 7208 §9.1. */
export const receivedSpf: Stamp = {
  name: 'received-spf',
  facts: [spf],
  write(_context, found) {
    const result = found(spf);
    return result.known ? foldField(result.value.header) : '';
  },
};
