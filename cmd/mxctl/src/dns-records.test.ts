import { describe, expect, it } from 'vitest';
import { CERTIFICATE } from './certificate.fixture.ts';
import { type Desk, openDesk } from './terminal.fixture.ts';

const SITE = 'cluster: { name: mx1, domain: thinline.example }\n';
const TLS = 'tls: { cert: ./cert.pem, key: ./key.pem }\n';
const digest = CERTIFICATE.keyDigest;

/** A site with a certificate. */
function openWithCertificate(more = ''): Desk {
  const desk = openDesk(SITE + TLS + more, () => new Date('2030-01-01T00:00:00Z'));
  desk.write('cert.pem', CERTIFICATE.cert);
  desk.write('key.pem', CERTIFICATE.key);
  return desk;
}

describe('mxctl domain dns', () => {
  it('prints MX records, and TLSA records of the hosts that speak TLS, by the key of the certificate', async () => {
    const { mxctl } = openWithCertificate();
    await mxctl('domain', 'add', 'example.cz');
    const { code, out } = await mxctl('domain', 'dns', 'example.cz', '--records');
    expect(code).toBe(0);
    expect(
      out
        .split('\n')
        .slice(1, -1)
        .map((line) => line.replaceAll(/ +/gu, ' ')),
    ).toEqual([
      'example.cz. MX 10 mx1d10.thinline.example.',
      'example.cz. MX 20 mx1b20.thinline.example.',
      `_25._tcp.mx1d10.thinline.example. TLSA 3 1 1 ${digest}`,
      `_25._tcp.mx1b20.thinline.example. TLSA 3 1 1 ${digest}`,
    ]);
    const json: unknown = JSON.parse((await mxctl('--json', 'domain', 'dns', 'example.cz', '--records')).out);
    expect(json).toMatchObject([
      { type: 'MX', preference: 10 },
      { type: 'MX', preference: 20, exchange: 'mx1b20.thinline.example' },
      { name: '_25._tcp.mx1d10.thinline.example', type: 'TLSA', usage: 3, selector: 1, matching: 1, data: digest },
      { type: 'TLSA' },
    ]);
  });

  it.each([
    ['answers 4xx to everything: none', '', ['_25._tcp.mx1c10.thinline.example.']],
    ['speaks as the others do', 'tarpit: { speak: mail }\n', ['_25._tcp.mx1c10.thinline.example.', '_25._tcp.mx1c20.thinline.example.']],
  ])('the tarpit %s', async (_name, more, names) => {
    const { mxctl } = openWithCertificate(more);
    await mxctl('domain', 'add', 'example.cz', '--policy', 'c');
    const { out } = await mxctl('domain', 'dns', 'example.cz', '--records');
    const owners = out
      .split('\n')
      .filter((line) => line.includes('TLSA'))
      .map((line) => line.split(' ')[0]);
    expect(owners).toEqual(names);
  });

  it('prints MX records alone without a certificate, and says which file is missing', async () => {
    const desk = openDesk(SITE, () => new Date());
    await desk.mxctl('domain', 'add', 'example.cz');
    expect((await desk.mxctl('domain', 'dns', 'example.cz', '--records')).out).not.toContain('TLSA');
    desk.write('site.yaml', SITE + TLS);
    const { code, err } = await desk.mxctl('domain', 'dns', 'example.cz', '--records');
    expect(code).toBe(78);
    expect(err).toMatch(/^mxctl: tls\.cert: [^\n]+cert\.pem: no such file or directory\n$/u);
  });
});
