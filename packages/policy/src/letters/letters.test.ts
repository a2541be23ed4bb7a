import { HOSTS, hostId } from '@vratny/hosts';
import { describe, expect, it } from 'vitest';
import type { AnyCheck } from '../model/check.ts';
import type { Policy } from '../model/policy.ts';
import { withNeeds } from '../model/visit.ts';
import { POLICIES, policyOf } from './index.ts';

const checksOf = (policy: Policy): readonly AnyCheck[] => [...policy.mail, ...policy.rcpt, ...policy.message];

describe('policies', () => {
  it('are found by their host', () => {
    for (const policy of POLICIES) {
      const host = HOSTS.find((one) => hostId(one) === policy.name);
      expect(host && policyOf(host)).toBe(policy);
    }
    expect(HOSTS.filter((host) => host.role === 'primary').map((host) => policyOf(host)?.name)).toEqual(['a10', 'b10', 'c10', 'd10']);
    expect(HOSTS.filter((host) => host.role === 'secondary').map((host) => policyOf(host)?.name)).toEqual(['a20', 'b20', undefined]);
  });

  // The order in which the checks speak.
  const ORDER = ['dnsbl', 'sender-domain', 'recipient-domain', 'mailbox', 'mailbox-room', 'greylist', 'spf'];
  it.each(POLICIES)('$name: judges clients and senders at RCPT in the order of the tests', (policy) => {
    const names = policy.rcpt.map((check) => check.name);
    expect(names).toEqual(ORDER.filter((name) => names.includes(name)));
    expect(names).toEqual(expect.arrayContaining(['sender-domain', 'recipient-domain', 'mailbox', 'mailbox-room', 'spf']));
    expect(names.includes('dnsbl')).toBe(['d10', 'b20'].includes(policy.name));
    expect(names.includes('greylist')).toBe(policy.name.endsWith('20'));
  });

  // postmaster and abuse always exist, are never full, and are exempt.
  it.each(POLICIES)('$name: whoever writes to postmaster or abuse is heard', (policy) => {
    const exempt = policy.rcpt.filter((check) => check.exemptions.some((fact) => fact.name === 'role-mailbox')).map((check) => check.name);
    expect(policy.rcpt.map((check) => check.name).filter((name) => name !== 'recipient-domain')).toEqual(exempt);
  });

  it.each(POLICIES)('$name: trusted clients are exempt from what judges clients', (policy) => {
    const trusted = policy.rcpt
      .filter((check) => check.exemptions.some((fact) => fact.name === 'trusted-client'))
      .map((check) => check.name);
    expect(trusted).toEqual(policy.rcpt.map((check) => check.name).filter((name) => ['dnsbl', 'greylist', 'spf'].includes(name)));
  });

  it.each(POLICIES)('$name: names no check twice, and each says well-formed codes', (policy) => {
    const checks = checksOf(policy);
    expect(new Set(checks.map((check) => check.name)).size).toBe(checks.length);
    for (const check of checks) {
      expect(check.summary).not.toBe('');
      for (const codes of check.says) expect(codes).toMatch(/^([45])\d\d \1\.\d{1,2}\.\d{1,2}$/u);
    }
  });

  it.each(POLICIES)('$name: gives every fact a name of its own and a deadline', (policy) => {
    const facts = withNeeds([
      ...checksOf(policy).flatMap((check) => [...check.exemptions, ...check.facts]),
      ...policy.stamps.flatMap((s) => s.facts),
    ]);
    expect(new Set(facts.map((fact) => fact.name)).size).toBe(facts.length);
    for (const fact of facts) expect(fact.deadlineMs).toBeGreaterThan(0);
  });
});
