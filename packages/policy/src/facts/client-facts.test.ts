import type { DnsblAnswer } from '@vratny/dns';
import { createMemoryDns, type MemoryRecords } from '@vratny/dns/memory';
import { describe, expect, it } from 'vitest';
import type { Ports } from '../model/ports.ts';
import type { MailContext } from '../model/stage.ts';
import { openVisit } from '../model/visit.ts';
import { mailContext, portsOf, SETTINGS } from '../testing/contexts.fixture.ts';
import { dnsbl } from './dnsbl.ts';
import { trustedClient } from './exemptions.ts';
import { spf } from './spf.ts';

const connected = (context: Partial<MailContext>, ports: Partial<Ports> = {}) =>
  openVisit('connect', mailContext(context), { ports: portsOf(ports), monotonicMs: () => 0 });

describe('trusted-client', () => {
  it.each([
    ['192.0.2.1', true],
    ['192.0.2.2', false],
  ])('%s: %s', async (ip, value) => {
    const settings = { ...SETTINGS, trusts: (one: string) => one === '192.0.2.1' };
    expect(await connected({ settings, client: { ip } }).find(trustedClient)).toMatchObject({ value });
  });
});

describe('dnsbl', () => {
  const listing = { zone: 'bl.test', codes: ['127.0.0.2'], text: 'spam seen' };
  it.each<[DnsblAnswer, string]>([
    [{ listings: [], skipped: [] }, 'not listed'],
    [{ listings: [listing], skipped: [] }, 'bl.test 127.0.0.2 spam seen'],
    [{ listings: [], skipped: [{ zone: 'dead.test', detail: 'muted' }] }, 'dead.test skipped: muted'],
  ])('%j', async (answer, words) => {
    const asked: string[] = [];
    const ask = async (ip: string) => {
      asked.push(ip);
      return answer;
    };
    expect(await connected({}, { dnsbl: { ask } }).find(dnsbl)).toMatchObject({ value: answer });
    expect(asked).toEqual(['192.0.2.1']);
    expect(dnsbl.describe(answer)).toBe(words);
  });
});

describe('spf', () => {
  const record = (text: string): MemoryRecords => ({ 'sender.test': { TXT: [text], A: ['192.0.2.9'] } });
  it.each<[string, Partial<MailContext>, MemoryRecords, string]>([
    ['allowed by address', {}, record('v=spf1 ip4:192.0.2.1 -all'), 'pass'],
    ['allowed over IPv6', { client: { ip: '2001:db8::1' } }, record('v=spf1 ip6:2001:db8::/32 -all'), 'pass'],
    ['not allowed', {}, record('v=spf1 a -all'), 'fail'],
    ['not quite allowed', {}, record('v=spf1 ~all'), 'softfail'],
    ['no opinion', {}, record('v=spf1 ?all'), 'neutral'],
    ['no record', {}, record('hello'), 'none'],
    ['no such domain', {}, {}, 'none'],
    ['two records', {}, { 'sender.test': { TXT: ['v=spf1 -all', 'v=spf1 +all'] } }, 'permerror'],
    ['nonsense', {}, record('v=spf1 ip4:nonsense -all'), 'permerror'],
    ['DNS away', {}, { 'sender.test': 'servfail' }, 'temperror'],
    ['DNS slow', {}, { 'sender.test': 'timeout' }, 'temperror'],
    ['null sender: the HELO name', { sender: null }, { 'client.test': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] } }, 'pass'],
    ['null sender: the HELO name says no', { sender: null }, { 'client.test': { TXT: ['v=spf1 -all'] } }, 'fail'],
    ['null sender, literal for a name', { sender: null, helo: { verb: 'EHLO', name: '[192.0.2.1]' } }, {}, 'none'],
    ['null sender, nonsense for a name', { sender: null, helo: { verb: 'EHLO', name: 'a\u00a0"\\b' } }, {}, 'none'],
    ['address literal', { sender: { local: 'a', domain: '[192.0.2.1]', literal: '192.0.2.1' } }, {}, 'none'],
    ['quoted sender', { sender: { local: 'a@b c"', domain: 'sender.test' } }, record('v=spf1 -all'), 'fail'],
  ])('%s: %s', async (_name, context, records, result) => {
    const visit = openVisit('mail', mailContext(context), { ports: portsOf({ dns: createMemoryDns(records) }), monotonicMs: () => 0 });
    expect(await visit.find(spf)).toMatchObject({ known: true, value: { result } });
  });
});
