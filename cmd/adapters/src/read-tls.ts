import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Site } from '@vratny/config';
import { readNamedFile } from './read-named-file.ts';
import { EXIT_CONFIG, StartProblem } from './start-problem.ts';

/** A certificate chain and its key, both in PEM; they belong together. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

/** The site's certificate and key, if it has them. @throws StartProblem when one cannot be read, or they do not belong together */
export function readTls(site: Pick<Site, 'tls'>): TlsPair | undefined {
  if (site.tls === undefined) return undefined;
  const cert = readNamedFile(site.tls.cert, 'tls.cert');
  const key = readNamedFile(site.tls.key, 'tls.key');
  const certificate = parse(() => new X509Certificate(cert), `tls.cert: ${site.tls.cert}: is not a certificate in PEM`);
  const privateKey = parse(() => createPrivateKey(key), `tls.key: ${site.tls.key}: is not an unencrypted private key in PEM`);
  if (!certificate.checkPrivateKey(privateKey)) throw new StartProblem(`tls: ${site.tls.key} is not the key of ${site.tls.cert}`);
  // Finds what only OpenSSL knows: keys too weak for it, a broken chain behind a good first certificate.
  parse(() => createSecureContext({ cert, key }), `tls: ${site.tls.cert} and its key cannot be used`);
  return { cert, key };
}

function parse<T>(work: () => T, problem: string): T {
  try {
    return work();
  } catch (error) {
    throw new StartProblem(problem, EXIT_CONFIG, { cause: error });
  }
}
