import type { Answer, Dns, RecordType } from '@vratny/dns';
import type { Cancellation } from '@vratny/waiting';
import type { DNSResolver } from 'mailauth';

const CODES = {
  timeout: 'ETIMEOUT',
  servfail: 'ESERVFAIL',
  refused: 'EREFUSED',
  malformed: 'EBADRESP',
  unreachable: 'ECONNREFUSED',
  aborted: 'ECANCELLED',
};

/** The dns port with the results and error codes of Node's `resolve`, for mailauth. */
export function mailResolver(dns: Dns, signal: Cancellation): DNSResolver {
  // mailauth's type knows only texts; what it reads for MX are Node's objects.
  return (async (name: string, type: string) => {
    switch (type.toUpperCase()) {
      case 'TXT':
        return (await ask(dns, name, 'TXT', signal)).map((text) => [text]);
      case 'MX':
        return (await ask(dns, name, 'MX', signal)).map(({ preference, exchange }) => ({ priority: preference, exchange }));
      case 'AAAA':
        return [...(await ask(dns, name, 'AAAA', signal))];
      case 'PTR':
        return [...(await ask(dns, name, 'PTR', signal))];
      case 'A':
        return [...(await ask(dns, name, 'A', signal))];
      default:
        throw failure(name, type, 'ENODATA');
    }
  }) as DNSResolver;
}

async function ask<T extends RecordType>(
  dns: Dns,
  name: string,
  type: T,
  signal: Cancellation,
): Promise<Extract<Answer<T>, { kind: 'found' }>['records']> {
  const answer: Answer<T> = await dns.lookup(name, type, { signal });
  if (answer.kind === 'found') return answer.records;
  if (answer.kind === 'fault') throw failure(name, type, CODES[answer.fault]);
  throw failure(name, type, answer.kind === 'nxdomain' ? 'ENOTFOUND' : 'ENODATA');
}

function failure(name: string, type: string, code: string): Error {
  return Object.assign(new Error(`${code} ${type} ${name}`), { code });
}
