import { Readable } from 'node:stream';
import type { Dns } from '@vratny/dns';
import type { Content, Header, Range } from '@vratny/message';
import type { ARCResult, DKIMVerifyResult, DMARCResult, DNSResolver } from 'mailauth';
import { arc as verifyArc } from 'mailauth/lib/arc/index.js';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { dmarc as verifyDmarc } from 'mailauth/lib/dmarc/index.js';
import { AUTHENTICATION_FACT_MS, DKIM_SIGNATURES_MAX } from '../limits.ts';
import { fact } from '../model/fact.ts';
import { header } from './header.ts';
import { mailResolver } from './mail-resolver.ts';
import { type Spf, spf } from './spf.ts';

/** DKIM, SPF, ARC and DMARC together. Results for the header only: no check refuses for them. */
export interface Authentication {
  /** The parts of Authentication-Results in the order of the header (RFC 8601 §2.2), each without folding. */
  readonly results: readonly string[];
  /** In short, for the trace: `dkim=pass arc=none dmarc=pass`. */
  readonly summary: string;
}

/** RFC 6376, RFC 8617 and RFC 9989 over the spooled message. */
export const authentication = fact({
  name: 'authentication',
  stage: 'message',
  deadlineMs: AUTHENTICATION_FACT_MS,
  needs: { spf, header },
  ports: ['dns'],
  async find({ content, client }, needs, { dns }, signal): Promise<Authentication> {
    const signatures = needs.header.fields.filter(({ name }) => name === 'dkim-signature').length;
    if (needs.header.truncated || signatures > DKIM_SIGNATURES_MAX) return tooMuch(needs.spf);
    return authenticate(content, partToVerify(content, needs.header), client.ip, needs.spf, dns, signal);
  },
  describe: ({ summary }) => summary,
});

/** Somebody has signed it so often that checking all would keep this host from its work: RFC 8601 §2.7.1, `policy`. */
function tooMuch(sender: Spf): Authentication {
  return { results: [`dkim=policy (more than ${DKIM_SIGNATURES_MAX} signatures, none was checked)`, sender.info], summary: 'dkim=policy' };
}

/** A body is read for its hash, and only signatures carry one (DKIM-Signature: RFC 6376 §3.5, ARC-Message-Signature: RFC 8617 §4.1.2). */
function partToVerify({ sizeBytes }: Content, { fields, bodyStart }: Header): Range {
  const signed = fields.some(({ name }) => name === 'dkim-signature' || name.startsWith('arc-'));
  return { start: 0, end: signed ? sizeBytes : bodyStart };
}

async function authenticate(
  content: Content,
  part: Range,
  ip: string,
  sender: Spf,
  dns: Dns,
  signal: AbortSignal,
): Promise<Authentication> {
  const resolver = mailResolver(dns, signal);
  // No block is lent: this stream reads ahead of whoever hashes.
  const dkim = await dkimVerify(Readable.from(content.read(part), { signal }), { resolver, strict: true });
  const { arc } = dkim;
  const chain = arc?.chain ? await verifyArc({ ...arc, chain: arc.chain }, { resolver, strict: true, ip }) : undefined;
  const dmarc = await alignment(dkim, chain, sender, resolver);
  const parts = [...dkim.results.map((one) => one.info), sender.info, chain?.info, dmarc?.info];
  const results = parts.filter((part) => part !== undefined).filter((part) => part !== '');
  const dkimWords = dkim.results.map((one) => `dkim=${one.status.result}`).join(' ') || 'dkim=none';
  return { results, summary: `${dkimWords} arc=${chain?.status.result ?? 'none'} dmarc=${dmarc?.status.result ?? 'none'}` };
}

/** Whether the author's domain vouches for the message (RFC 9989); undefined when there is no single author's domain. */
async function alignment(
  dkim: DKIMVerifyResult,
  arcResult: ARCResult | undefined,
  sender: Spf,
  resolver: DNSResolver,
): Promise<DMARCResult | undefined> {
  if (!dkim.headerFrom) return undefined;
  const passed = dkim.results.filter((one) => one.status.result === 'pass');
  const result = await verifyDmarc({
    headerFrom: dkim.headerFrom,
    ...(dkim.fromFields === undefined ? {} : { fromFields: dkim.fromFields }),
    spfDomains: sender.result === 'pass' ? [sender.domain] : [],
    dkimDomains: passed.map(({ signingDomain = '', status }) => ({
      domain: signingDomain,
      aligned: status.aligned ?? false,
      ...(status.underSized === undefined ? {} : { underSized: status.underSized }),
    })),
    ...(arcResult === undefined ? {} : { arcResult }),
    resolver,
    strict: true,
  });
  return result === false ? undefined : result;
}
