import type { DNSResolver } from 'mailauth';
import { evaluateDmarc } from 'mailauth/lib/dmarc/index.js';
import { AUTHENTICATION_FACT_MS } from '../limits.ts';
import { fact } from '../model/fact.ts';
import { type VerifiedSignatures, verifySignatures } from './authentication/verify-signatures.ts';
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
    // Such a message is refused (`header-size`).
    if (needs.header.truncated) return tooMuch(needs.spf);
    const resolver = mailResolver(dns, signal);
    const message = { content, bodyStart: needs.header.bodyStart, ip: client.ip };
    return report(await verifySignatures(message, resolver, signal), needs.spf, resolver);
  },
  describe: ({ summary }) => summary,
});

function tooMuch(sender: Spf): Authentication {
  const reason = 'the header is too large';
  return {
    results: [permerror('dkim', reason), sender.info, permerror('dmarc', reason)],
    summary: 'dkim=permerror arc=none dmarc=permerror',
  };
}

/** RFC 8601 §2.7.1: a result that no later attempt changes, with its reason. */
function permerror(method: 'arc' | 'dkim' | 'dmarc', reason: string): string {
  return `${method}=permerror (${reason})`;
}

async function report(signatures: VerifiedSignatures, sender: Spf, resolver: DNSResolver): Promise<Authentication> {
  const dkim = [...signatures.dkim.map((one) => one.info ?? ''), ...signatures.dkimReasons.map((reason) => permerror('dkim', reason))];
  const arc = signatures.arcReason === undefined ? signatures.arc?.info : permerror('arc', signatures.arcReason);
  const dmarc = await alignment(signatures, sender, resolver);
  const results = [...dkim, sender.info, arc ?? '', dmarc].filter((part) => part !== '');
  const words = [...dkim, arc ?? 'arc=none', dmarc].map((part) => part.split(' ')[0]).join(' ');
  return { results, summary: words };
}

const NO_AUTHOR = {
  'no-author-domain': 'no author in From',
  'multiple-author-domains': 'authors of several domains in From',
  'invalid-author-domain': 'an author without a valid domain in From',
  'multiple-from-fields': 'several From fields',
};

/**
 * Whether the author's domain vouches for the message (RFC 9989). Without a single author's domain there is no answer (§5.3.1), and without all
 * signatures none that is certain: that is said, never passed over.
 */
async function alignment(signatures: VerifiedSignatures, sender: Spf, resolver: DNSResolver): Promise<string> {
  const [incomplete] = signatures.dkimReasons;
  const reason = signatures.authorReason ?? incomplete;
  if (reason !== undefined) return permerror('dmarc', reason);
  const passed = signatures.dkim.filter((one) => one.status.result === 'pass');
  const { response, reason: unclear } = await evaluateDmarc({
    headerFrom: [...signatures.authors],
    fromFields: signatures.fromFields,
    spfDomains: sender.result === 'pass' ? [sender.domain] : [],
    dkimDomains: passed.map(({ signingDomain = '', status }) => ({
      domain: signingDomain,
      aligned: status.aligned ?? false,
      ...(status.underSized === undefined ? {} : { underSized: status.underSized }),
    })),
    ...(signatures.arc === undefined ? {} : { arcResult: signatures.arc }),
    resolver,
    strict: true,
  });
  if (response === false) return permerror('dmarc', NO_AUTHOR[unclear ?? 'no-author-domain']);
  return response.info ?? `dmarc=${response.status.result}`;
}
