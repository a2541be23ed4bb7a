import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { runToEnd } from '@vratny/support/running-program';
import { openClient } from '@vratny/support/smtp-client';
import { makeTemporaryFolder, type TemporaryFolder } from '@vratny/support/temporary-folder';
import { waitFor } from '@vratny/support/wait-for';
import { startWorldHost, type WorldHost } from '@vratny/support/world-host';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const HOST = 'mx1a10.example.test';
const OTHER = 'mail.other.test';
const THIRD = 'mail.third.test';
const WORKERS = 2;

let folder: TemporaryFolder;
let host: WorldHost;

/** A certificate for a name, made by openssl. */
async function make(file: string, name: string, kind: 'ec' | 'rsa', days = 30): Promise<{ readonly cert: string; readonly key: string }> {
  const pair = { cert: join(folder.path, `${file}.pem`), key: join(folder.path, `${file}.key`) };
  const keyOptions = kind === 'ec' ? ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : ['-newkey', 'rsa:2048'];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-days', String(days)];
  const made = await runToEnd('openssl', ['req', '-x509', '-nodes', ...keyOptions, '-keyout', pair.key, '-out', pair.cert, ...subject]);
  if (made.ending() !== 0) throw new Error(made.stderr());
  return pair;
}

/** A connection with TLS on, after STARTTLS. */
async function secure(options: ConnectionOptions = {}): Promise<TLSSocket> {
  const client = await openClient(host.mx.port);
  await client.reply();
  await client.askAll('EHLO client.test');
  await client.ask('STARTTLS');
  const { socket } = client;
  socket.removeAllListeners();
  const tls = connectTls({ rejectUnauthorized: false, ...options, socket });
  await new Promise((resolve, reject) => tls.once('secureConnect', resolve).once('error', reject));
  return tls;
}

/** Waits until the server has said something: what it sends behind a handshake of TLS 1.3 has come then. */
async function converse(tls: TLSSocket): Promise<void> {
  const said = new Promise((resolve) => tls.once('data', resolve));
  tls.write('EHLO client.test\r\n');
  await said;
}

async function shown(options: ConnectionOptions = {}): Promise<{ readonly name: string; readonly kind: string; readonly cipher: string }> {
  const tls = await secure(options);
  const certificate = tls.getPeerX509Certificate();
  const result = {
    name: certificate?.subject.replace('CN=', '') ?? '',
    kind: certificate?.publicKey.asymmetricKeyType ?? '',
    cipher: tls.getCipher().standardName,
  };
  tls.destroy();
  return result;
}

const alarms = () => host.mx.journal().filter((one) => JSON.stringify(one).includes('"where":"tls"'));
const explain = () => host.mx.stderr();
const put = (path: string, text: string) => {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
};

beforeAll(async () => {
  folder = makeTemporaryFolder('certificates');
});
afterAll(() => folder.remove());

describe('a host with five certificates and several workers', () => {
  let pairs: { readonly cert: string; readonly key: string }[];

  beforeAll(async () => {
    pairs = [
      await make('other', OTHER, 'ec'),
      await make('ecdsa', HOST, 'ec'),
      await make('rsa', HOST, 'rsa'),
      await make('other-rsa', OTHER, 'rsa'),
      await make('third', THIRD, 'ec'),
    ];
    host = await startWorldHost({ host: 'a10', workers: WORKERS, site: { extra: { tls: { certificates: pairs } } } });
  });
  afterAll(async () => host?.[Symbol.asyncDispose]());

  test.each<[string, ConnectionOptions, { name: string; kind: string }]>([
    ['no name: ECDSA', {}, { name: HOST, kind: 'ec' }],
    ['its name: ECDSA', { servername: HOST }, { name: HOST, kind: 'ec' }],
    ['a client that takes RSA only, TLS 1.3', { sigalgs: 'rsa_pss_rsae_sha256' }, { name: HOST, kind: 'rsa' }],
    [
      'a client that takes RSA only, TLS 1.2',
      { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' },
      { name: HOST, kind: 'rsa' },
    ],
    ['another name', { servername: OTHER }, { name: OTHER, kind: 'rsa' }],
    ['a name that has ECDSA alone', { servername: THIRD }, { name: THIRD, kind: 'ec' }],
    ['its name, a client that takes RSA only', { servername: HOST, sigalgs: 'rsa_pss_rsae_sha256' }, { name: HOST, kind: 'rsa' }],
    ['another name in capitals', { servername: OTHER.toUpperCase() }, { name: OTHER, kind: 'rsa' }],
    ['a name that nothing covers', { servername: 'mx.nobody.test' }, { name: HOST, kind: 'ec' }],
  ])('%s', async (_what, options, expected) => {
    expect(await shown(options)).toMatchObject(expected);
  });

  test.each(['AES128-GCM-SHA256', 'AES256-SHA', 'DES-CBC3-SHA', 'ADH-AES128-SHA@SECLEVEL=0', 'DHE-RSA-AES128-GCM-SHA256'])(
    '%s is not taken',
    async (ciphers) => {
      await expect(shown({ maxVersion: 'TLSv1.2', ciphers })).rejects.toThrow();
    },
  );

  test.each(['ECDHE-RSA-AES256-SHA', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-AES128-SHA256'])(
    '%s is taken',
    async (ciphers) => {
      expect((await shown({ maxVersion: 'TLSv1.2', ciphers })).cipher).toMatch(/^TLS_ECDHE_/u);
    },
  );

  test.each(['TLSv1', 'TLSv1.1'] as const)('%s is not taken', async (version) => {
    await expect(shown({ minVersion: version, maxVersion: version, ciphers: 'ALL@SECLEVEL=0' })).rejects.toThrow();
  });

  test.each([
    ['TLSv1.2', {}],
    ['TLSv1.3', {}],
    ['TLSv1.2', { servername: HOST }],
    ['TLSv1.3', { servername: OTHER }],
  ] as const)('%s %j: 10 of 10 sessions are resumed, whichever worker made them', async (version, name) => {
    const options = { minVersion: version, maxVersion: version, ...name };
    const reused: boolean[] = [];
    let session: Buffer | undefined;
    for (let i = 0; i <= 10; i += 1) {
      const next = await secure({ ...options, ...(session === undefined ? {} : { session }) });
      // With TLS 1.3 the ticket comes behind the handshake.
      next.on('session', (ticket: Buffer) => {
        session = ticket;
      });
      session = next.getSession() ?? session;
      await converse(next);
      reused.push(next.isSessionReused());
      next.destroy();
    }
    expect(reused.shift()).toBe(false);
    expect(reused).toEqual(Array(10).fill(true));
  });

  test.each(['-tls1_2', '-tls1_3'])('openssl s_client %s resumes 10 of 10', async (version) => {
    const ticket = join(folder.path, `session${version}`);
    const run = async (...extra: string[]) => {
      // It reads until the host closes: whatever ticket comes is there by then.
      const script = 'printf "EHLO x\\r\\nQUIT\\r\\n" | openssl s_client -ign_eof "$@" 2>&1';
      const args = ['-connect', `127.0.0.1:${host.mx.port}`, '-starttls', 'smtp', version, '-sess_out', ticket, ...extra];
      return (await runToEnd('sh', ['-c', script, 'sh', ...args])).stdout();
    };
    await run();
    const results: string[] = [];
    for (let i = 0; i < 10; i += 1) results.push(/^(?:Reused|New),/mu.exec(await run('-sess_in', ticket))?.[0] ?? 'none');
    expect(results).toEqual(Array(10).fill('Reused,'));
  });
});

describe('a host whose certificate is renewed', () => {
  const live = () => ({ cert: join(folder.path, 'live.pem'), key: join(folder.path, 'live.key') });

  beforeAll(async () => {
    await make('live', HOST, 'ec');
    host = await startWorldHost({ host: 'a10', workers: 2, site: { extra: { tls: live() } } });
  });
  afterAll(async () => host?.[Symbol.asyncDispose]());

  const renewTo = async (name: string) => {
    const next = await make(`next-${name}`, name, 'rsa');
    put(live().key, readFileSync(next.key, 'utf8'));
    put(live().cert, readFileSync(next.cert, 'utf8'));
  };
  const allShow = (name: string) =>
    waitFor(
      `all workers show ${name}`,
      async () => {
        const names = [];
        for (let i = 0; i < 6; i += 1) names.push((await shown()).name);
        return names.every((one) => one === name) ? true : undefined;
      },
      { explain },
    );

  test('it is shown by all workers without a signal, and running sessions go on', async () => {
    const before = await secure();
    await renewTo('renewed.example.test');
    await allShow('renewed.example.test');
    await converse(before);
    before.destroy();
    const taken = /"what":"certificate","detail":"[^"]*renewed\.example\.test until/u;
    await waitFor('the journal tells of it', () => host.mx.journal().find((line) => taken.test(JSON.stringify(line))), { explain });
    expect(alarms()).toEqual([]);
  });

  test('one that does not fit is refused with an alarm, also for a worker that starts meanwhile', async () => {
    const strange = await make('strange', 'strange.example.test', 'ec');
    put(live().cert, readFileSync(strange.cert, 'utf8'));
    await waitFor('an alarm', () => (alarms().length > 0 ? true : undefined), { explain });
    expect(alarms()).toEqual([
      expect.objectContaining({
        kind: 'fault',
        detail: expect.stringMatching(/stays in use: tls: \S+live\.key is not the key of \S+live\.pem$/u),
      }),
    ]);
    const worker = /^\d+/u.exec((await runToEnd('pgrep', ['-P', String(host.mx.pid)])).stdout())?.[0];
    process.kill(Number(worker), 'SIGKILL');
    await waitFor('it is replaced', () => (host.mx.stderr().includes('worker-lost') ? true : undefined), { explain });
    await allShow('renewed.example.test');
    await renewTo('again.example.test');
    await allShow('again.example.test');
  });
});
