import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dns } from '@vratny/dns';
import { createMemoryDns, type MemoryRecordSets } from '@vratny/dns/memory';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { openVisit } from '../model/visit.ts';
import { addressOf, mailContext, portsOf } from '../testing/contexts.fixture.ts';
import { type Spf, spf } from './spf.ts';

/** The openspf.org test suite for RFC 7208 as data. Its licence lies beside it. */
const FILE = join(import.meta.dirname, 'fixtures', 'rfc7208-tests.yml');

const CASES = readSpfSuite();

async function evaluate({ mailfrom, helo, ip, dns }: SpfCase): Promise<Spf> {
  const at = mailfrom.lastIndexOf('@');
  const sender = mailfrom === '' ? null : addressOf(mailfrom.slice(0, Math.max(0, at)), mailfrom.slice(at + 1));
  const context = mailContext({ sender, client: { ip }, helo: { verb: 'EHLO', name: helo } });
  const found = await openVisit('mail', context, { ports: portsOf({ dns }), monotonicMs: () => 0 }).find(spf);
  if (!found.known) throw new Error(found.detail);
  return found.value;
}

describe('the test suite of RFC 7208', () => {
  test('has 203 cases', () => {
    expect(CASES).toHaveLength(203);
  });

  test.each(CASES)('$name', async (one) => {
    const { result, explanation } = await evaluate(one);
    expect(one.results).toContain(result);
    const expected = one.explanation === 'DEFAULT' ? undefined : one.explanation;
    // Without case: the suite writes hexadecimal digits now so, now so.
    if (one.explanation !== undefined) expect(explanation?.toLowerCase()).toBe(expected?.toLowerCase());
  });
});

/** One case of the suite. */
interface SpfCase {
  /** `Section: case`. */
  readonly name: string;
  readonly helo: string;
  readonly ip: string;
  readonly mailfrom: string;
  /** Any of these is right. */
  readonly results: readonly string[];
  /** Undefined: the suite says nothing. `DEFAULT`: the domain's own words are not to be had. */
  readonly explanation: string | undefined;
  /** The DNS of its section. */
  readonly dns: Dns;
}

/** Reads all cases. */
function readSpfSuite(): readonly SpfCase[] {
  return parseAllDocuments(readFileSync(FILE, 'utf8')).flatMap((document) => {
    const section = recordOf(document.toJS());
    const dns = readZone(recordOf(section['zonedata']));
    return Object.entries(recordOf(section['tests'])).map(([id, written]): SpfCase => {
      const one = recordOf(written);
      const results = [one['result']].flat().map(String);
      const explanation = one['explanation'] === undefined ? undefined : text(one['explanation']);
      const name = `${text(section['description'])}: ${id}`;
      return { name, helo: text(one['helo']), ip: text(one['host']), mailfrom: text(one['mailfrom']), results, explanation, dns };
    });
  });
}

/**
 * A section's zone. As the suite's own drivers do it: records of type SPF stand for TXT records where a name has no TXT
 * of its own.
 */
function readZone(zone: Readonly<Record<string, unknown>>): Dns {
  const names = Object.entries(zone).map(([name, records]) => readName(name, Array.isArray(records) ? records : []));
  const dns = createMemoryDns();
  const hangs = new Set(names.filter((one) => one.hangs).map((one) => one.name));
  for (const { name, sets } of names) if (isListable(name)) dns.set(name, sets);
  return {
    async lookup(name, type, options) {
      const answer = await dns.lookup(name, type, options);
      const lost = answer.kind !== 'found' && (hangs.has(name.toLowerCase()) || name.toLowerCase().startsWith('error.'));
      return lost ? { kind: 'fault', fault: 'timeout', detail: 'the suite says so' } : answer;
    },
  };
}

function readName(written: string, records: readonly unknown[]): { name: string; sets: MemoryRecordSets; hangs: boolean } {
  const entries = records.flatMap((record) => (record === 'TIMEOUT' ? [] : Object.entries(recordOf(record))));
  const of = (type: string) => entries.filter(([key, value]) => key === type && value !== 'NONE').map(([, value]) => [value].flat());
  const strings = (type: string) => of(type).map((value) => value.join(''));
  const [alias] = strings('CNAME');
  const sets = {
    A: strings('A'),
    AAAA: strings('AAAA'),
    PTR: strings('PTR'),
    TXT: strings(entries.some(([key]) => key === 'TXT') ? 'TXT' : 'SPF'),
    MX: of('MX').map(([preference, exchange]) => ({ preference: Number(preference), exchange: text(exchange) })),
    ...(alias === undefined ? {} : { CNAME: alias }),
  };
  return { name: written.toLowerCase(), sets, hangs: records.includes('TIMEOUT') };
}

/** Names with labels that DNS cannot have are in the suite to show that they are not asked for. */
function isListable(name: string): boolean {
  return name.split('.').every((label) => label.length > 0 && label.length <= 63);
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
