import { randomInt } from 'node:crypto';
import type { Dns } from '../port.ts';
import type { ListZone } from './port.ts';
import { queryName } from './query-name.ts';
import { type ListReading, readListAnswer } from './reading.ts';

/** What came of a test; `detail` is why it failed. */
export interface TestResult {
  readonly ok: boolean;
  readonly detail: string | undefined;
  /** It answers about IPv6 addresses at all; else it is not asked about them, so that its failure there does not mute it. */
  readonly ipv6: boolean;
  readonly answers: { readonly listed: string; readonly unlisted: string };
}

/** The addresses that RFC 5782 §5 reserves for tests. */
const LISTED = '127.0.0.2';
const UNLISTED = '127.0.0.1';
const UNLISTED_V6 = '::ffff:127.0.0.1';

/**
 * An address nobody sends mail from, another one each time: the answers about the reserved ones may come from the resolver's cache, this one comes
 * from the list itself, as it is now. RFC 5782 §5 wants nothing but test entries below 127.0.0.0/8.
 */
const probe = (): string => `127.${randomInt(128, 256)}.${randomInt(256)}.${randomInt(256)}`;

/** A list is well when it lists 127.0.0.2 and does not list 127.0.0.1 (RFC 5782 §5), in its IPv6 form neither. */
export async function testList(dns: Dns, list: ListZone, signal: AbortSignal): Promise<TestResult> {
  const ask = async (ip: string): Promise<ListReading> => {
    const name = queryName(ip, list.zone);
    if (name === undefined) return { kind: 'fault', detail: `${ip} is no address` };
    return readListAnswer(await dns.lookup(name, 'A', { signal }), list.codes);
  };
  const [listed, unlisted, unlistedV6, now] = await Promise.all([ask(LISTED), ask(UNLISTED), ask(UNLISTED_V6), ask(probe())]);
  const detail = failure({ listed, unlisted, unlistedV6, now });
  const answers = { listed: describe(listed), unlisted: describe(unlisted) };
  return { ok: detail === undefined, detail, ipv6: unlistedV6.kind !== 'fault', answers };
}

interface Readings {
  readonly listed: ListReading;
  readonly unlisted: ListReading;
  readonly unlistedV6: ListReading;
  /** Of the probe. */
  readonly now: ListReading;
}

function failure({ listed, unlisted, unlistedV6, now }: Readings): string | undefined {
  const faulty = [listed, unlisted, now].find((reading) => reading.kind === 'fault');
  if (faulty?.kind === 'fault') return faulty.detail;
  if (lists(unlisted)) return `it lists ${UNLISTED}, so it lists the world`;
  if (lists(unlistedV6)) return `it lists ${UNLISTED_V6}, so it lists the world`;
  if (lists(now)) return 'it lists addresses that send no mail, so it lists the world';
  if (listed.kind !== 'listed') return `it does not list ${LISTED} with a counted code: it is empty, dead or asked for other codes`;
  return undefined;
}

/** With any code: a list that answers for everything is not well, whatever we count. */
function lists(reading: ListReading): boolean {
  return reading.kind === 'listed' || (reading.kind === 'not-listed' && reading.otherCodes.length > 0);
}

function describe(reading: ListReading): string {
  switch (reading.kind) {
    case 'listed':
      return reading.codes.join(' ');
    case 'not-listed':
      return reading.otherCodes.length > 0 ? `not listed (${reading.otherCodes.join(' ')})` : 'not listed';
    case 'fault':
      return reading.detail;
  }
}
