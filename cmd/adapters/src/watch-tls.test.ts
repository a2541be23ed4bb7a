import { chmodSync, copyFileSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSite } from '@vratny/config/site-file';
import { generate } from 'selfsigned';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TLS_ALARM_AFTER_LOOKS } from './limits.ts';
import { readTls, type TlsMaterial } from './read-tls.ts';
import { type TlsWatch, watchTls } from './watch-tls.ts';

const NOW = new Date('2027-01-01T00:00:00Z');
type Pair = { readonly cert: string; readonly private: string };

let one: Pair;
let two: Pair;
let expired: Pair;
let early: Pair;
let folder: string;
let watch: TlsWatch;
let renewed: TlsMaterial[];
let refused: string[];

const make = (name: string, from: string, until: string) =>
  generate([{ name: 'commonName', value: name }], {
    keySize: 2048,
    algorithm: 'sha256',
    notBeforeDate: new Date(from),
    notAfterDate: new Date(until),
  });

beforeAll(async () => {
  [one, two, expired, early] = await Promise.all([
    make('one.test', '2026-06-01', '2027-06-01'),
    make('two.test', '2026-06-01', '2027-06-01'),
    make('expired.test', '2026-01-01', '2026-12-31'),
    make('early.test', '2027-02-01', '2028-01-01'),
  ]);
});

const path = (name: string) => join(folder, name);
const put = (name: string, text: string) => {
  // As certbot and acme.sh do: a whole file takes the place of the old one.
  writeFileSync(path(`${name}.new`), text);
  renameSync(path(`${name}.new`), path(name));
};
const looks = async (count: number) => {
  for (let i = 0; i < count; i += 1) await watch.look();
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vratny-watch-'));
  renewed = [];
  refused = [];
});
afterEach(() => {
  watch.close();
  rmSync(folder, { recursive: true, force: true });
});

function start(): void {
  const reading = readSite('cluster: { domain: thinline.example }\ntls: { cert: cert.pem, key: key.pem }', {
    baseDirectory: folder,
    file: 'site.yaml',
  });
  const { tls } = reading.ok ? reading.site : {};
  const material = tls === undefined ? undefined : readTls({ tls });
  if (tls === undefined || material === undefined) throw new Error('no certificate');
  watch = watchTls(
    tls,
    material,
    { onRenewed: (next) => renewed.push(next), onRefused: (problem) => refused.push(problem.replaceAll(folder, '')) },
    { now: () => NOW, every: () => () => undefined },
  );
}

const materialOf = (pair: Pair): TlsMaterial => ({ certificates: [{ cert: pair.cert, key: pair.private }] });

describe('a renewed certificate', () => {
  beforeEach(() => {
    put('cert.pem', one.cert);
    put('key.pem', one.private);
    start();
  });

  it('is taken at the next look; nothing is said while nothing changes', async () => {
    await looks(5);
    expect([renewed, refused]).toEqual([[], []]);
    put('key.pem', two.private);
    put('cert.pem', two.cert);
    await looks(1);
    expect(renewed).toEqual([materialOf(two)]);
    await looks(5);
    expect(renewed).toHaveLength(1);
    expect(refused).toEqual([]);
  });

  it('whose key comes later than it is taken without an alarm', async () => {
    await looks(1);
    put('cert.pem', two.cert);
    await looks(TLS_ALARM_AFTER_LOOKS - 1);
    expect([renewed, refused]).toEqual([[], []]);
    put('key.pem', two.private);
    await looks(1);
    expect([renewed, refused]).toEqual([[materialOf(two)], []]);
  });

  it('is taken when it was written in place', async () => {
    await looks(1);
    writeFileSync(path('cert.pem'), two.cert);
    writeFileSync(path('key.pem'), two.private);
    await looks(1);
    expect(renewed).toEqual([materialOf(two)]);
  });

  it('that changed before the first look is not overlooked', async () => {
    put('cert.pem', two.cert);
    put('key.pem', two.private);
    await looks(1);
    expect(renewed).toEqual([materialOf(two)]);
  });

  it.each<[string, () => void, RegExp]>([
    ['of another key', () => put('cert.pem', two.cert), /^tls: \/key\.pem is not the key of \/cert\.pem$/u],
    ['whose key is another', () => put('key.pem', two.private), /^tls: \/key\.pem is not the key of \/cert\.pem$/u],
    ['that is nonsense', () => put('cert.pem', 'nonsense'), /^tls\.cert: \/cert\.pem: is not a certificate in PEM$/u],
    ['that is empty', () => put('cert.pem', ''), /is not a certificate in PEM$/u],
    ['that is cut off', () => put('cert.pem', one.cert.slice(0, 500)), /^tls\.cert: \/cert\.pem: is cut off within a certificate$/u],
    ['whose chain is cut off', () => put('cert.pem', one.cert + two.cert.slice(0, 500)), /is cut off within a certificate$/u],
    [
      'whose chain is broken',
      () => put('cert.pem', one.cert + two.cert.replace(/MII[\w+/]{40}/u, 'MII')),
      /certificate 2 of it cannot be read$/u,
    ],
    [
      'whose key is cut off',
      () => put('key.pem', one.private.slice(0, 500)),
      /^tls\.key: \/key\.pem: is not an unencrypted private key in PEM$/u,
    ],
    ['in the place of its key', () => put('key.pem', one.cert), /^tls\.key: \/key\.pem: is not an unencrypted private key/u],
    ['that is gone', () => unlinkSync(path('cert.pem')), /^tls\.cert: \/cert\.pem: no such file or directory$/u],
    [
      'that has expired',
      () => [put('cert.pem', expired.cert), put('key.pem', expired.private)],
      /^tls\.cert: \/cert\.pem: expired on 2026-12-31T/u,
    ],
    ['that is not valid yet', () => [put('cert.pem', early.cert), put('key.pem', early.private)], /is not valid before 2027-02-01T/u],
  ])('%s is refused once, and the one from before is used until a good one comes', async (_what, change, problem) => {
    await looks(1);
    change();
    await looks(10);
    expect(refused).toEqual([expect.stringMatching(problem)]);
    expect(renewed).toEqual([]);
    put('cert.pem', two.cert);
    put('key.pem', two.private);
    await looks(1);
    expect(renewed).toEqual([materialOf(two)]);
  });

  it('that was put back after a refusal is said to be in use', async () => {
    put('cert.pem', two.cert);
    await looks(TLS_ALARM_AFTER_LOOKS);
    put('cert.pem', one.cert);
    await looks(3);
    expect(renewed).toEqual([materialOf(one)]);
  });
});

it('symbolic links are followed, at the end of the way and within it', async () => {
  for (const [name, pair] of [
    ['v1', one],
    ['v2', two],
  ] as const) {
    const archive = mkdtempSync(join(folder, `${name}-`));
    writeFileSync(join(archive, 'cert.pem'), pair.cert);
    writeFileSync(join(archive, 'key.pem'), pair.private);
    symlinkSync(archive, path(name));
  }
  // Kubernetes: ..data leads to a folder, and is replaced as a whole.
  symlinkSync('v1', path('..data'));
  symlinkSync('..data/cert.pem', path('cert.pem'));
  symlinkSync('..data/key.pem', path('key.pem'));
  start();
  await looks(1);
  symlinkSync('v2', path('..data.new'));
  renameSync(path('..data.new'), path('..data'));
  await looks(1);
  expect(renewed).toEqual([materialOf(two)]);
  // certbot: each link is made anew.
  for (const name of ['cert.pem', 'key.pem']) {
    symlinkSync(`v1/${name}`, path(`${name}.new`));
    renameSync(path(`${name}.new`), path(name));
  }
  await looks(1);
  expect(renewed.at(-1)).toEqual(materialOf(one));
  expect(refused).toEqual([]);
});

it('a key that may be read again is one that changed', async () => {
  put('cert.pem', one.cert);
  put('key.pem', one.private);
  start();
  await looks(1);
  copyFileSync(path('key.pem'), path('copy.pem'));
  chmodSync(path('key.pem'), 0o600);
  await looks(1);
  expect([renewed, refused]).toEqual([[], []]);
});
