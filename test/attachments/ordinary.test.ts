import { expect, test } from 'vitest';
import { replyTo } from '../corpus/judge-message.ts';
import { RECIPIENT, sendMessage } from '../corpus/send.ts';
import { startWorldHost } from '../harness/world-host.ts';
import { nodemailerMail } from './ordinary/from-nodemailer.ts';
import { programMail } from './ordinary/from-programs.ts';
import { pythonMail } from './ordinary/from-python.ts';
import type { OrdinaryMessage } from './ordinary/message.ts';
import { writtenMail } from './ordinary/written.ts';

/** Every tenth message also over SMTP. */
const EVERY = 10;

async function ordinaryMail(): Promise<readonly OrdinaryMessage[]> {
  return [...(await pythonMail()), ...(await nodemailerMail()), ...(await programMail()), ...writtenMail()];
}

test('none of at least 200 ordinary messages is refused', async () => {
  const messages = await ordinaryMail();
  expect(messages.length).toBeGreaterThanOrEqual(200);
  const refused: string[] = [];
  for (const { what, message } of messages) {
    const reply = await replyTo(message);
    if (reply !== 'taken') refused.push(`${what}: ${reply}`);
  }
  expect(refused).toEqual([]);

  await using host = await startWorldHost({ host: 'c10' });
  const sample = messages.filter((_, index) => index % EVERY === 0);
  for (const { what, message } of sample) expect(await sendMessage(host.mx.port, message), what).toMatch(/^250 /u);
  expect(host.site.stored(RECIPIENT)).toHaveLength(sample.length);
});
