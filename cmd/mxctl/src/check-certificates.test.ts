import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CERTIFICATE } from './certificate.fixture.ts';
import { openDesk } from './terminal.fixture.ts';

const SITE = 'cluster: { name: mx1, domain: thinline.example }\n';
const TLS = 'tls: { cert: ./cert.pem, key: ./key.pem }\n';
const NOW = new Date('2030-01-01T00:00:00Z');
const keyOf = (kind: 'ec' | 'ed25519') =>
  (kind === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')).privateKey
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();

/** What check-config says of a site that is fine but for its certificate. */
async function check(files: { readonly cert?: string; readonly key?: string }, now = NOW, ...more: readonly string[]) {
  const desk = openDesk(SITE, () => now);
  await desk.mxctl('domain', 'add', 'example.org');
  desk.write('site.yaml', SITE + TLS);
  desk.write('cert.pem', files.cert ?? CERTIFICATE.cert);
  desk.write('key.pem', files.key ?? CERTIFICATE.key);
  const ran = await desk.mxctl('check-config', ...more);
  return { ...ran, err: ran.err.replaceAll(desk.folder, '') };
}

it('is fine with a certificate that is', async () => {
  expect(await check({})).toEqual({ code: 0, out: 'site.yaml: fine\n', err: '' });
});

it.each([
  ['an expired certificate', {}, new Date('2127-01-01T00:00:00Z'), 'tls.cert: /cert.pem: expired on 2126-10-28T23:50:31.000Z'],
  ['one that is not valid yet', {}, new Date('2026-01-01T00:00:00Z'), 'tls.cert: /cert.pem: is not valid before 2026-11-21T23:50:31.000Z'],
  ['a key of another certificate', { key: keyOf('ec') }, NOW, 'tls: /key.pem is not the key of /cert.pem'],
  ['a key of another kind', { key: keyOf('ed25519') }, NOW, 'tls: /key.pem is not the key of /cert.pem'],
  ['a key that is none', { key: 'x\n' }, NOW, 'tls.key: /key.pem: is not an unencrypted private key in PEM'],
  ['an empty key', { key: '' }, NOW, 'tls.key: /key.pem: is not an unencrypted private key in PEM'],
  ['the certificate in place of the key', { key: CERTIFICATE.cert }, NOW, 'tls.key: /key.pem: is not an unencrypted private key in PEM'],
  ['the key in place of the certificate', { cert: CERTIFICATE.key }, NOW, 'tls.cert: /cert.pem: is not a certificate in PEM'],
  ['half a certificate', { cert: CERTIFICATE.cert.slice(0, 300) }, NOW, 'tls.cert: /cert.pem: is cut off within a certificate'],
] as const)('%s is a problem', async (_what, files, now, line) => {
  expect(await check(files, now)).toEqual({ code: 78, out: '', err: `mxctl: site.yaml: ${line}\n` });
});

it('a certificate whose renewal is overdue is a warning', async () => {
  const soon = new Date('2126-10-20T00:00:00Z');
  const line = 'tls.cert: /cert.pem: expires on 2126-10-28T23:50:31.000Z, and has not been renewed';
  expect(await check({}, soon)).toEqual({ code: 0, out: 'site.yaml: fine\n', err: `mxctl: warning: site.yaml: ${line}\n` });
  const { code, out } = await check({}, soon, '--json');
  expect({ code, warnings: JSON.parse(out).warnings }).toEqual({ code: 0, warnings: [expect.stringMatching(/expires on 2126-10-28/u)] });
});

it('says everything at once', async () => {
  const desk = openDesk(`${SITE}${TLS}spool: ./nowhere\n`, () => new Date('2127-01-01T00:00:00Z'));
  desk.write('cert.pem', CERTIFICATE.cert);
  desk.write('key.pem', CERTIFICATE.key);
  mkdirSync(`${desk.folder}/mail`);
  const { code, err } = await desk.mxctl('check-config');
  expect(code).toBe(78);
  expect(err.trim().split('\n')).toEqual([
    expect.stringMatching(/directory\.db: there is no directory/u),
    expect.stringMatching(/spool: .*nowhere: no such file or directory/u),
    expect.stringMatching(/cert\.pem: expired on 2126-10-28/u),
  ]);
});

it.skipIf(process.getuid?.() === 0)('a key that this user may not read is said with path, owner and mode', async () => {
  const desk = openDesk(SITE + TLS, () => NOW);
  desk.write('cert.pem', CERTIFICATE.cert);
  desk.write('key.pem', CERTIFICATE.key);
  chmodSync(`${desk.folder}/key.pem`, 0o000);
  expect((await desk.mxctl('check-config')).err).toMatch(
    /tls\.key: \S+key\.pem: permission denied: file \S+ belongs to \S+ with mode 0000/u,
  );
});
