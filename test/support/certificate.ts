import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** PEM files of a self-signed certificate. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** Writes a certificate for `name` into a folder. */
export async function writeCertificate(folder: string, name: string): Promise<CertificateFiles> {
  const pems = await generate([{ name: 'commonName', value: name }], { keySize: 2048, algorithm: 'sha256' });
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  writeFileSync(files.cert, pems.cert);
  writeFileSync(files.key, pems.private, { mode: 0o600 });
  return files;
}
