import fc from 'fast-check';
import { dkimBody } from 'mailauth/lib/dkim/body/index.js';
import { describe, expect, it } from 'vitest';
import { createBodyHashes } from './body-hashes.ts';

const KEYS = [
  'relaxed:sha256:',
  'simple:sha256:',
  'relaxed:sha1:',
  'simple:sha256:0',
  'relaxed:sha256:7',
  'simple:sha256:7',
  'relaxed:sha256:100000',
];

async function ours(chunks: readonly Buffer[]): Promise<Readonly<Record<string, unknown>>> {
  const hashes = createBodyHashes(KEYS);
  for (const chunk of chunks) await hashes.update(chunk);
  return Object.fromEntries(
    [...hashes.hashers].map(([key, hasher]) => {
      const hash = hasher.digest('base64');
      return [key, [hash, hasher.canonicalizedLength, hasher.bodyHashedBytes, hasher.byteLength]];
    }),
  );
}

function mailauths(body: Buffer): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    KEYS.map((key) => {
      const [canonicalization = '', algorithm = '', length = ''] = key.split(':');
      const hasher = dkimBody(canonicalization, algorithm, length === '' ? '' : Number(length));
      hasher.update(body);
      const hash = hasher.digest('base64');
      return [key, [hash, hasher.canonicalizedLength, hasher.bodyHashedBytes, hasher.byteLength]];
    }),
  );
}

/** Lines as the gate leaves them: they end in CRLF, but for the last. */
const body = fc
  .array(fc.constantFrom('\r\n', '\r\n', ' ', '\t', 'a', 'b', '\u00e9', '  ', ' \r\n', '\r\n\r\n', 'word '), { maxLength: 60 })
  .map((parts) => Buffer.from(parts.join('')));

describe('body hashes', () => {
  it('are mailauth’s, however the body is split', async () => {
    await fc.assert(
      fc.asyncProperty(body, fc.integer({ min: 1, max: 9 }), async (bytes, size) => {
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
        expect(await ours(chunks)).toEqual(mailauths(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it('are RFC 6376’s for an empty body (§3.4.3, §3.4.4)', async () => {
    const [relaxed] = (await ours([]))['relaxed:sha256:'] as [string];
    const [simple] = (await ours([]))['simple:sha256:'] as [string];
    expect([relaxed, simple]).toEqual(['47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', 'frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=']);
  });

  it.each([
    ['empty lines before the last word', `${'\r\n'.repeat(300_000)}end\r\n`],
    ['one line', 'x '.repeat(300_000)],
    ['empty lines at the end', `a${'\r\n'.repeat(300_000)}`],
  ])('are right for %s', async (_what, text) => {
    const bytes = Buffer.from(text);
    expect(await ours([bytes.subarray(0, 1000), bytes.subarray(1000)])).toEqual(mailauths(bytes));
  });
});
