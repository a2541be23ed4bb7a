import type { DNSResolver } from 'mailauth';
import { AUTHENTICATION_FACT_MS } from '../limits.ts';
import { fact } from '../model/fact.ts';
import { unsignedAuthor } from './authentication/unsigned-author.ts';
import type { VerifiedSignatures, verifySignatures } from './authentication/verify-signatures.ts';
import { header } from './header.ts';
import { createKeptResults } from './kept-results.ts';
import { mailResolver } from './mail-resolver.ts';
import type { SpfContext } from './spf/find-spf.ts';
import { type Spf, spf } from './spf.ts';

/** DKIM, SPF, ARC and DMARC together. The results are for the header only: no check refuses because of them. */
export interface Authentication {
  /** The parts of Authentication-Results in the order of the header (RFC 8601 §2.2), each without folding. */
  readonly results: readonly string[];
  /** In short, for the trace: `dkim=pass arc=none dmarc=pass`. */
  readonly summary: string;
  /** Domains whose signatures are right; a few. */
  readonly signers: readonly string[];
}

/**
 * RFC 6376, RFC 8617 and RFC 9989 over the spooled message. A message without signatures is not read by mailauth, and
 * its DMARC result may be cached.
 */
export const authentication = fact({
  name: 'authentication',
  stage: 'message',
  deadlineMs: AUTHENTICATION_FACT_MS,
  needs: { spf, header },
  evidence: true,
  ports: ['dns', 'clock'],
  find({ content, client }, needs, { dns, clock }, signal): Authentication | Promise<Authentication> {
    // The check `header-size` refuses such a message.
    if (needs.header.truncated) return headerTooLarge(needs.spf);
    const author = unsignedAuthor(needs.header);
    if (author !== undefined) return authenticateUnsigned(author, needs.spf, { dns, clock, signal });
    return authenticateSigned({ content, bodyStart: needs.header.bodyStart, ip: client.ip }, needs.spf, { dns, signal });
  },
  describe: ({ summary, signers }) => (signers.length === 0 ? summary : `${summary}; signed by ${signers.join(',')}`),
});

/** mailauth's result for a message without a signature. */
const NOT_SIGNED = 'dkim=none (message not signed)';

const keptDmarc = createKeptResults<string>();

/** Of a message without signatures and with one author. */
function authenticateUnsigned(author: string, sender: Spf, { dns, clock, signal }: SpfContext): Authentication | Promise<Authentication> {
  const kept = keptDmarc(dns);
  // All inputs of the result: without signatures, DMARC uses neither the local part nor the content.
  const domain = author.slice(author.lastIndexOf('@') + 1).toLowerCase();
  const key = `${domain} ${sender.result === 'pass' ? sender.domain : ''}`;
  const now = clock();
  const known = kept.get(key, now);
  return known === undefined ? ask() : compose([NOT_SIGNED], undefined, known, sender);

  async function ask(): Promise<Authentication> {
    const resolver = mailResolver(dns, signal);
    const dmarc = await alignment({ authors: [author], fromFields: 1, dkim: [], arc: undefined }, sender, resolver);
    kept.put(key, dmarc, { now, seconds: resolver.keptSeconds(), chars: dmarc.length });
    return compose([NOT_SIGNED], undefined, dmarc, sender);
  }
}

/** Of any message, by mailauth. */
export async function authenticateSigned(
  message: Parameters<typeof verifySignatures>[0],
  sender: Spf,
  { dns, signal }: Pick<SpfContext, 'dns' | 'signal'>,
): Promise<Authentication> {
  const resolver = mailResolver(dns, signal);
  const { verifySignatures: verify } = await import('./authentication/verify-signatures.ts');
  return report(await verify(message, resolver, signal), sender, resolver);
}

function headerTooLarge(sender: Spf): Authentication {
  const reason = 'the header is too large';
  return {
    results: [permerror('dkim', reason), sender.info, permerror('dmarc', reason)],
    summary: 'dkim=permerror arc=none dmarc=permerror',
    signers: [],
  };
}

/** RFC 8601 §2.7.1: a result that no later attempt changes, with its reason. */
function permerror(method: 'arc' | 'dkim' | 'dmarc', reason: string): string {
  return `${method}=permerror (${reason})`;
}

async function report(signatures: VerifiedSignatures, sender: Spf, resolver: DNSResolver): Promise<Authentication> {
  const dkim = [...signatures.dkim.map((one) => one.info ?? ''), ...signatures.dkimReasons.map((reason) => permerror('dkim', reason))];
  const arc = signatures.arcReason === undefined ? signatures.arc?.info : permerror('arc', signatures.arcReason);
  // When not all signatures were checked the result is not certain, and says so.
  const [incomplete] = signatures.dkimReasons;
  const reason = signatures.authorReason ?? incomplete;
  const dmarc = reason === undefined ? await alignment(signatures, sender, resolver) : permerror('dmarc', reason);
  return { ...compose(dkim, arc, dmarc, sender), signers: signersOf(signatures) };
}

function compose(dkim: readonly string[], arc: string | undefined, dmarc: string, sender: Spf): Authentication {
  const results = [...dkim, sender.info, arc ?? '', dmarc].filter((part) => part !== '');
  const words = [...dkim, arc ?? 'arc=none', dmarc].map((part) => part.split(' ')[0]).join(' ');
  return { results, summary: words, signers: [] };
}

/** Signers that are told of. */
const SIGNERS_MAX = 3;

/** Domains that signed the whole message, as far as their names are plain. */
function signersOf({ dkim }: Pick<VerifiedSignatures, 'dkim'>): readonly string[] {
  const passed = dkim.filter(({ status }) => status.result === 'pass' && status.underSized === undefined);
  const names = passed.map(({ signingDomain = '' }) => signingDomain.toLowerCase()).filter((name) => /^[\w-]+(?:\.[\w-]+)+$/u.test(name));
  return [...new Set(names)].slice(0, SIGNERS_MAX);
}

const NO_AUTHOR = {
  'no-author-domain': 'no author in From',
  'multiple-author-domains': 'authors of several domains in From',
  'invalid-author-domain': 'an author without a valid domain in From',
  'multiple-from-fields': 'several From fields',
};

/** The authors of a message, and its signers. */
type SignedMessage = Pick<VerifiedSignatures, 'authors' | 'fromFields' | 'dkim' | 'arc'>;

/**
 * Whether the author's domain is authenticated (RFC 9989). Without a single author's domain there is no result
 * (§5.3.1), which is said.
 */
async function alignment(signatures: SignedMessage, sender: Spf, resolver: DNSResolver): Promise<string> {
  const passed = signatures.dkim.filter((one) => one.status.result === 'pass');
  const { evaluateDmarc } = await import('mailauth/lib/dmarc/index.js');
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
