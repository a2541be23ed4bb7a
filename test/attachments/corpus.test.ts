import { ARCHIVE_CASES } from '@vratny/support/corpus/archives/index';
import { MIME_CASES } from '@vratny/support/corpus/mime/index';
import { RECIPIENT, sendMessage } from '@vratny/support/corpus/send';
import { startWorldHost } from '@vratny/support/world-host';
import { expect, test } from 'vitest';

/** Every eighth case over SMTP: that the others are refused too, the same policy shows in-process. */
const EVERY = 8;

/** The gate refuses these before anything looks inside. */
const hasBareCrOrNul = (message: Buffer) => message.includes(0) || /\r(?!\n)/u.test(message.toString('latin1'));

test('a c10 over SMTP delivers none of the forbidden files, and still takes an ordinary message', async () => {
  // Disk images of the corpus are larger than what hosts of tests take otherwise.
  await using host = await startWorldHost({ host: 'c10', site: { extra: { limits: { message: '64MiB' } } } });
  const sample = [...MIME_CASES, ...ARCHIVE_CASES].filter((one, index) => index % EVERY === 0 && !hasBareCrOrNul(one.message));
  expect(sample.length).toBeGreaterThanOrEqual(40);
  for (const { imitates, message } of sample) {
    expect(await sendMessage(host.mx.port, message), imitates).toMatch(/^554 5\.7\.1 /u);
  }
  expect(host.site.stored(RECIPIENT)).toEqual([]);
  expect(await sendMessage(host.mx.port, Buffer.from('Subject: hello\r\n\r\nHello.\r\n'))).toMatch(/^250 /u);
  expect(host.site.stored(RECIPIENT)).toHaveLength(1);
});
