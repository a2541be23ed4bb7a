import type { Updated } from '@vratny/dns';
import { describeError } from '@vratny/text';
import { abortSignalOf, startDeadline } from '@vratny/waiting';
import { API_ANSWER_MAX, API_TIMEOUT_MS } from './limits.ts';
import type { Mx } from './look.ts';
import { isSame, type MxChange, type ZoneWriter } from './publish.ts';

/** Where the HTTP API of a PowerDNS server is. */
export interface PowerDnsOptions {
  /** `http://127.0.0.1:8081`; its path is that of the API's root. */
  readonly url: string;
  readonly key: string;
  /** One request; 10,000 unless given. */
  readonly timeoutMs?: number;
}

/**
 * Writes by the HTTP API of PowerDNS, which has no prerequisites: the records are read once more right before they are replaced, and what somebody changes within
 * that moment is overwritten, and nobody sees it. Records that are disabled stay.
 */
export function createPowerDnsWriter({ url, key, timeoutMs = API_TIMEOUT_MS }: PowerDnsOptions): ZoneWriter {
  const ask = (method: 'GET' | 'PATCH', zone: string, body: unknown, signal: AbortSignal): Promise<Response> =>
    fetch(`${url.replace(/\/$/u, '')}/api/v1/servers/localhost/zones/${encodeURIComponent(`${zone}.`)}`, {
      method,
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      redirect: 'error',
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const replace = async (change: MxChange, signal: AbortSignal): Promise<Updated> => {
    const { zone, domain, before, after, ttlSeconds } = change;
    const read = await ask('GET', zone, undefined, signal);
    if (!read.ok) return refusal(read);
    const { stands, disabled } = standingMx(JSON.parse(await readText(read)), domain);
    if (!isSame(stands, before)) return { kind: 'changed', detail: 'the records are other ones by now' };
    const enabled = after.map((one) => ({ content: `${one.preference} ${one.exchange}.`, disabled: false }));
    // All records of the name are replaced. Those that somebody disabled stay, but for one that is enabled now: there are no two of the same content.
    const kept = disabled.filter(({ mx }) => !after.some((one) => isSame([one], [mx])));
    const records = [...enabled, ...kept.map(({ content }) => ({ content, disabled: true }))];
    const rrsets = [{ name: `${domain}.`, type: 'MX', ttl: ttlSeconds, changetype: 'REPLACE', records }];
    const written = await ask('PATCH', zone, { rrsets }, signal);
    return written.ok ? { kind: 'done' } : refusal(written);
  };
  return {
    replaceMx: async (change, signal) => {
      using deadline = startDeadline(timeoutMs, { signal });
      const ending = abortSignalOf(deadline.signal);
      try {
        return await replace(change, ending);
      } catch (error) {
        return { kind: 'fault', detail: `${url}: ${ending.aborted ? 'no answer' : describeError(error)}` };
      }
    },
  };
}

/** What is not right with a request or with the key will not be right next time; all else may be. */
async function refusal(response: Response): Promise<Updated> {
  const text = (await readText(response)).slice(0, 300);
  const detail = `the API says ${response.status} ${text}`.trim();
  return { kind: response.status >= 400 && response.status < 500 ? 'refused' : 'fault', detail };
}

/** A zone as the API gives it; too large a one is not read. */
async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let octets = 0;
  for await (const chunk of response.body ?? []) {
    octets += chunk.length;
    if (octets > API_ANSWER_MAX) throw new Error(`the answer has more than ${API_ANSWER_MAX} octets`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The MX records of a name in what the API says of its zone; those that are disabled are not served. */
function standingMx(zone: unknown, domain: string): { readonly stands: readonly Mx[]; readonly disabled: readonly ApiRecord[] } {
  const rrsets = listOf(zone, 'rrsets').filter((one) => textOf(one, 'type') === 'MX' && textOf(one, 'name').toLowerCase() === `${domain}.`);
  const records = rrsets.flatMap((one) => listOf(one, 'records'));
  const isDisabled = (record: unknown): boolean => fieldOf(record, 'disabled') === true;
  const stands = records.filter((one) => !isDisabled(one)).map((one) => readRecord(one).mx);
  return { stands, disabled: records.filter(isDisabled).map(readRecord) };
}

/** A record, and how it is written there. */
interface ApiRecord {
  readonly content: string;
  readonly mx: Mx;
}

function readRecord(record: unknown): ApiRecord {
  const content = textOf(record, 'content');
  const [preference, exchange = ''] = content.split(' ');
  return { content, mx: { preference: Number(preference), exchange: exchange.replace(/\.$/u, '').toLowerCase() } };
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
}

function listOf(value: unknown, field: string): readonly unknown[] {
  const list = fieldOf(value, field);
  if (!Array.isArray(list)) throw new Error(`the API says nothing of ${field}`);
  return list;
}

function textOf(value: unknown, field: string): string {
  const text = fieldOf(value, field);
  return typeof text === 'string' ? text : '';
}
