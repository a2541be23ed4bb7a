import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Site } from '@vratny/config';
import { EXPIRY_NOTICE_MS } from './limits.ts';
import { readNamedFile } from './read-named-file.ts';
import { EXIT_CONFIG, StartProblem } from './start-problem.ts';

/** The site's certificates with their keys, in PEM, as they stand in its files now; each pair belongs together. */
export interface TlsMaterial {
  readonly certificates: readonly { readonly cert: string; readonly key: string }[];
  readonly ciphers?: string;
}

type TlsSection = NonNullable<Site['tls']>;

/**
 * Reads the certificates and keys that the site file names, if it does. Whether they are in date is another question:
 * an expired one still encrypts. @throws StartProblem when one cannot be read or used, one line for each problem
 */
export function readTls({ tls }: Pick<Site, 'tls'>): TlsMaterial | undefined {
  if (tls === undefined) return undefined;
  const problems: string[] = [];
  const certificates: { readonly cert: string; readonly key: string }[] = [];
  for (const pair of tls.certificates) {
    try {
      certificates.push(readPair(pair));
    } catch (error) {
      if (!(error instanceof StartProblem)) throw error;
      problems.push(error.message);
    }
  }
  const ciphers = tls.ciphers === undefined ? {} : { ciphers: tls.ciphers };
  if (problems.length > 0) throw new StartProblem(problems.join('\n'));
  checkCiphers(tls);
  // Finds what only OpenSSL knows: keys too weak for it, kinds of keys that it does not take.
  for (const [index, pair] of certificates.entries()) {
    const { at, cert } = tls.certificates[index] ?? { at: 'tls', cert: '' };
    parse(() => createSecureContext(pair), `${at}: ${cert} and its key cannot be used`);
  }
  return { certificates, ...ciphers };
}

function readPair({ at, cert: certFile, key: keyFile }: TlsSection['certificates'][number]): {
  readonly cert: string;
  readonly key: string;
} {
  const cert = readNamedFile(certFile, `${at}.cert`);
  const key = readNamedFile(keyFile, `${at}.key`);
  const [certificate] = readChain(cert, `${at}.cert: ${certFile}`);
  const privateKey = parse(() => createPrivateKey(key), `${at}.key: ${keyFile}: is not an unencrypted private key in PEM`);
  if (!certificate.checkPrivateKey(privateKey)) throw new StartProblem(`${at}: ${keyFile} is not the key of ${certFile}`);
  return { cert, key };
}

const BEGIN = '-----BEGIN CERTIFICATE-----';
const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/gu;

/** All certificates of a file: one that was written only in part may have a good first one. */
function readChain(text: string, what: string): [X509Certificate, ...X509Certificate[]] {
  const blocks = text.match(BLOCK) ?? [];
  if (text.split(BEGIN).length - 1 > blocks.length) throw new StartProblem(`${what}: is cut off within a certificate`);
  const [first, ...chain] = blocks.map((block, index) =>
    parse(
      () => new X509Certificate(block),
      index === 0 ? `${what}: is not a certificate in PEM` : `${what}: certificate ${index + 1} of it cannot be read`,
    ),
  );
  if (first === undefined) throw new StartProblem(`${what}: is not a certificate in PEM`);
  return [first, ...chain];
}

function checkCiphers({ ciphers }: TlsSection): void {
  if (ciphers !== undefined)
    parse(() => createSecureContext({ ciphers }), `tls.ciphers: OpenSSL knows no cipher of ${JSON.stringify(ciphers)}`);
}

function parse<T>(work: () => T, problem: string): T {
  try {
    return work();
  } catch (error) {
    throw new StartProblem(problem, EXIT_CONFIG, { cause: error });
  }
}

/** A certificate as the operator knows it. */
export interface CertificateTerm {
  /** The key of the site file and the path. */
  readonly what: string;
  readonly names: string;
  readonly from: Date;
  readonly until: Date;
}

/** When the site's certificates are valid. `material` was read from the same section. */
export function termsOf(tls: TlsSection, material: TlsMaterial): readonly CertificateTerm[] {
  return material.certificates.map(({ cert }, index) => {
    const { subjectAltName, subject, validFrom, validTo } = new X509Certificate(cert);
    const { at, cert: file } = tls.certificates[index] ?? { at: 'tls', cert: '' };
    return {
      what: `${at}.cert: ${file}`,
      names: subjectAltName?.replaceAll('DNS:', '') ?? subject.replaceAll('\n', ' '),
      from: new Date(validFrom),
      until: new Date(validTo),
    };
  });
}

/** Certificates that are not valid now, one line each. */
export function findOutOfDate(tls: TlsSection, material: TlsMaterial, now: Date): readonly string[] {
  return termsOf(tls, material).flatMap(({ what, from, until }) => {
    if (until <= now) return [`${what}: expired on ${until.toISOString()}`];
    return from > now ? [`${what}: is not valid before ${from.toISOString()}`] : [];
  });
}

/** Certificates whose renewal is overdue, one line each: valid now, and for less than {@link EXPIRY_NOTICE_MS}. */
export function findRunningOut(tls: TlsSection, material: TlsMaterial, now: Date): readonly string[] {
  return termsOf(tls, material).flatMap(({ what, from, until }) => {
    // Certificates of a few days are renewed when half of that is over.
    const noticeMs = Math.min(EXPIRY_NOTICE_MS, (until.getTime() - from.getTime()) / 4);
    const leftMs = until.getTime() - now.getTime();
    return leftMs > 0 && leftMs < noticeMs && from <= now ? [`${what}: expires on ${until.toISOString()}, and has not been renewed`] : [];
  });
}
