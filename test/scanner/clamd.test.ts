import { gzipSync } from 'node:zlib';
import { EICAR_NAME, TEST_NAME, testVirus, writeSignatures } from '@vratny/daemons';
import type { Content } from '@vratny/message';
import { ScannerFault } from '@vratny/scanner';
import { type ClamdAddress, createClamdAntivirus, eicarFile } from '@vratny/scanner/clamd';
import { describeAntivirus } from '@vratny/scanner/contract';
import { type Clamd, startClamd } from '@vratny/support/clamd';
import { waitFor } from '@vratny/support/wait-for';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tarFile, zipFile } from './archives.ts';
import { mailWith } from './mail.ts';

const NEVER = new AbortController().signal;
const MIB = 1024 * 1024;
const LARGEST = 100 * MIB;
const CLEAN = Buffer.from('nothing that anybody would look for');

let clamd: Clamd;
beforeAll(async () => {
  clamd = await startClamd();
});
afterAll(async () => {
  await clamd[Symbol.asyncDispose]();
});

const antivirusAt = (...servers: readonly ClamdAddress[]) =>
  createClamdAntivirus({ servers, largestMessageBytes: LARGEST, now: () => performance.now() });

for (const kind of ['tcp', 'unix'] as const) {
  describeAntivirus(`clamd, ${kind}`, async () => ({
    antivirus: antivirusAt(clamd[kind]),
    virus: testVirus(),
    signature: TEST_NAME,
    dispose: async () => undefined,
  }));
}

describe('what clamd finds with the configuration that we ship', () => {
  const nested = zipFile('a.tgz', gzipSync(tarFile('b.zip', zipFile('c.com', eicarFile()))));
  test.each<[string, () => Content, string | undefined]>([
    ['EICAR attached', () => mailWith(eicarFile()), EICAR_NAME],
    ['EICAR in a zip', () => mailWith(zipFile('eicar.com', eicarFile())), EICAR_NAME],
    ['EICAR in a zip in a tar in a gz in a zip', () => mailWith(nested), EICAR_NAME],
    ['EICAR at the end of 99 MB', () => mailWith(eicarFile(), { sizeBytes: 99_000_000 }), EICAR_NAME],
    ['EICAR in nested archives at the end of 100 MiB', () => mailWith(nested, { sizeBytes: LARGEST }), EICAR_NAME],
    ['our own signature in a zip', () => mailWith(zipFile('x.txt', testVirus())), TEST_NAME],
    ['nothing', () => mailWith(CLEAN), undefined],
    ['nothing in archives', () => mailWith(zipFile('a.gz', gzipSync(CLEAN))), undefined],
    ['nothing in 99 MB', () => mailWith(CLEAN, { sizeBytes: 99_000_000 }), undefined],
  ])('%s', async (_what, content, signature) => {
    const answer = await antivirusAt(clamd.tcp).scan(content(), NEVER);
    expect(answer).toEqual(signature === undefined ? { kind: 'clean' } : { kind: 'infected', signature });
  });
});

test('a message above its stream limit is a fault, told by its own words', async () => {
  const scanned = antivirusAt(clamd.tcp).scan(mailWith(CLEAN, { sizeBytes: 120 * MIB }), NEVER);
  await expect(scanned).rejects.toEqual(expect.objectContaining({ name: 'ScannerFault', kind: 'too-large' }));
});

describe('killed in mid-scan', () => {
  const large = mailWith(CLEAN, { sizeBytes: 60 * MIB });
  const infected = mailWith(eicarFile(), { sizeBytes: 20 * MIB });

  test.each([['tcp'], ['unix']] as const)('%s: every scan is a fault or right; afterwards all is fine', async (kind) => {
    await using own = await startClamd();
    const antivirus = antivirusAt(own[kind]);
    const half = Promise.withResolvers<void>();
    let octets = 0;
    const watched: Content = {
      ...large,
      async *read(range) {
        for await (const chunk of large.read(range)) {
          octets += chunk.length;
          if (octets > 30 * MIB) half.resolve();
          yield chunk;
        }
      },
    };
    const scans = [watched, infected, infected, large].map((content) => antivirus.scan(content, NEVER));
    const settled = Promise.allSettled(scans);
    await half.promise;
    await own.kill();
    const ends = await settled;
    expect(ends[0]).toEqual({ status: 'rejected', reason: expect.any(ScannerFault) });
    for (const end of ends.slice(1, 3)) {
      if (end.status === 'fulfilled') expect(end.value).toEqual({ kind: 'infected', signature: EICAR_NAME });
      else expect(end.reason).toBeInstanceOf(ScannerFault);
    }
    await expect(antivirus.scan(infected, NEVER)).rejects.toBeInstanceOf(ScannerFault);
    await own.restart();
    expect(await antivirus.scan(infected, NEVER)).toEqual({ kind: 'infected', signature: EICAR_NAME });
    expect(await antivirus.scan(large, NEVER)).toEqual({ kind: 'clean' });
  });

  test('another one takes over, and no scan is lost', async () => {
    await using own = await startClamd();
    const antivirus = antivirusAt(own.tcp, clamd.tcp);
    const kinds = Promise.all(
      Array.from({ length: 60 }, async (_none, index) => {
        if (index === 20) await own.kill();
        return (await antivirus.scan(index % 2 === 0 ? mailWith(eicarFile()) : mailWith(CLEAN, { sizeBytes: MIB }), NEVER)).kind;
      }),
    );
    expect(await kinds).toEqual(Array.from({ length: 60 }, (_none, index) => (index % 2 === 0 ? 'infected' : 'clean')));
  });
});

test('a clamd that stands still is a fault within the deadline, and fine when it goes on', async () => {
  await using own = await startClamd();
  const limits = { scanMs: 500, scanMsPerMib: 0 };
  const options = { servers: [own.tcp], largestMessageBytes: LARGEST, now: () => performance.now(), limits };
  const antivirus = createClamdAntivirus(options);
  process.kill(own.pid(), 'SIGSTOP');
  const timeout = expect.objectContaining({ name: 'ScannerFault', kind: 'timeout' });
  await expect(antivirus.scan(mailWith(eicarFile()), NEVER)).rejects.toEqual(timeout);
  await expect(antivirus.scan(mailWith(CLEAN, { sizeBytes: 30 * MIB }), NEVER)).rejects.toEqual(timeout);
  process.kill(own.pid(), 'SIGCONT');
  expect((await createClamdAntivirus({ ...options, limits: {} }).scan(mailWith(eicarFile()), NEVER)).kind).toBe('infected');
});

test('RELOAD under load loses no scan, and new signatures count', async () => {
  await using own = await startClamd();
  const antivirus = antivirusAt(own.tcp, own.unix);
  const fresh = Buffer.from('a signature that came later');
  const kinds: string[] = [];
  let goOn = true;
  const keepScanning = async (content: Content, kind: string) => {
    while (goOn) kinds.push(`${kind}: ${(await antivirus.scan(content, NEVER)).kind}`);
  };
  const load = [
    keepScanning(mailWith(eicarFile()), 'infected'),
    keepScanning(mailWith(CLEAN, { sizeBytes: 3 * MIB }), 'clean'),
    keepScanning(mailWith(eicarFile(), { sizeBytes: MIB }), 'infected'),
    keepScanning(mailWith(CLEAN), 'clean'),
  ];
  try {
    for (let round = 0; round < 5; round += 1) {
      const before = kinds.length;
      if (round === 2) writeSignatures(own.signatures, [{ name: 'Came.Later', octets: fresh }]);
      expect(await own.command('RELOAD')).toBe('RELOADING');
      await waitFor('scans during the reload', () => (kinds.length > before + 20 ? true : undefined));
    }
    await waitFor('the new signature counts', async () =>
      (await antivirus.scan(mailWith(fresh), NEVER)).kind === 'infected' ? true : undefined,
    );
  } finally {
    goOn = false;
  }
  await Promise.all(load);
  expect([...new Set(kinds)].toSorted()).toEqual(['clean: clean', 'infected: infected']);
});
