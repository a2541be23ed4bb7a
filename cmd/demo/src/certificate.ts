import { HOSTS, mxName } from '@vratny/hosts';
import { generate } from 'selfsigned';
import { CLUSTER } from './world.ts';

const VALID_DAYS = 825;

/** A self-signed certificate for all hosts of the demo, in PEM. */
export async function makeCertificate(now: Date): Promise<{ readonly cert: string; readonly key: string }> {
  const notAfterDate = new Date(now.getTime() + VALID_DAYS * 86_400_000);
  const altNames = HOSTS.map((host) => ({ type: 2 as const, value: mxName(host, CLUSTER) }));
  const made = await generate([{ name: 'commonName', value: CLUSTER.domain }], {
    keySize: 2048,
    algorithm: 'sha256',
    notBeforeDate: now,
    notAfterDate,
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  return { cert: made.cert, key: made.private };
}
