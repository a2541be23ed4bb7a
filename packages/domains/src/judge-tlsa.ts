import type { Problem, Verdict } from './judge-records.ts';
import type { TlsaSaid } from './look.ts';
import { tlsaName, type Wanted } from './wanted.ts';

/** What the TLSA records of one host do to mail from senders that check DANE. */
export interface TlsaVerdict {
  readonly exchange: string;
  /** `wrong`: they hold mail back, or would. */
  readonly state: Verdict['state'];
  /** Senders look at them: they are signed. */
  readonly binding: boolean;
  /** None when right. */
  readonly problem?: Problem;
  readonly says: string;
}

/**
 * Judges the TLSA records of a host (RFC 7672 §3). No record is no fault: mail is delivered without DANE. Records of other forms than ours cannot be judged
 * by keys alone, and are left to whoever published them; undefined then, and when nothing is known.
 */
export function judgeTlsa({ keysOf }: Wanted, { exchange, records, authentic }: TlsaSaid): TlsaVerdict | undefined {
  if (records === undefined || records.length === 0) return undefined;
  const keys = keysOf(exchange);
  const published = records.filter(isOurForm).map(({ data }) => Buffer.from(data).toString('hex'));
  const says = records.map((one) => `${one.usage} ${one.selector} ${one.matchingType} ${shortened(one.data)}`).join(', ');
  const verdict = (state: Verdict['state'], problem?: Problem): TlsaVerdict => {
    return { exchange, state, binding: authentic, says, ...(problem === undefined ? {} : { problem }) };
  };
  const at = tlsaName(exchange);
  if (keys.length === 0) {
    return verdict('wrong', {
      sentence: `${exchange} has TLSA records and offers no TLS: senders that check DANE (RFC 7672) do not deliver to it.`,
      nextStep: `Remove the TLSA records of ${at}.`,
    });
  }
  if (published.length < records.length) return undefined;
  const missing = keys.filter((key) => !published.includes(key));
  if (missing.length === 0) return verdict('right');
  const nextStep = `Add the TLSA record ${at} 3 1 1 ${missing.join(` and 3 1 1 `)}.`;
  if (missing.length < keys.length) {
    return verdict('partly', {
      sentence: `The TLSA records of ${exchange} lack ${missing.length} of its ${keys.length} keys: senders that check DANE (RFC 7672) and get such a certificate do not deliver.`,
      nextStep,
    });
  }
  return verdict('wrong', {
    sentence: `The TLSA records of ${exchange} fit none of its keys: senders that check DANE (RFC 7672) do not deliver to it.`,
    nextStep,
  });
}

function isOurForm({
  usage,
  selector,
  matchingType,
}: {
  readonly usage: number;
  readonly selector: number;
  readonly matchingType: number;
}): boolean {
  return usage === 3 && selector === 1 && matchingType === 1;
}

/** The first octets: who compares digests by eye looks at the beginning. */
function shortened(data: Uint8Array): string {
  return `${Buffer.from(data.subarray(0, 4)).toString('hex')}...`;
}
