import { replyTo } from '@vratny/support/corpus/judge-message';
import { RECIPIENT, sendMessage } from '@vratny/support/corpus/send';
import { startWorldHost } from '@vratny/support/world-host';
import { expect, test } from 'vitest';
import { bounces } from './ordinary/bounces.ts';
import { everydayMail } from './ordinary/everyday.ts';
import { mailerMail } from './ordinary/from-mailers.ts';
import { nodemailerMail } from './ordinary/from-nodemailer.ts';
import { postfixMail } from './ordinary/from-postfix.ts';
import { programMail } from './ordinary/from-programs.ts';
import { pythonMail } from './ordinary/from-python.ts';
import { listMail } from './ordinary/lists.ts';
import type { OrdinaryMessage } from './ordinary/message.ts';
import { oddMail, returnedMail } from './ordinary/odd-structure.ts';
import { mailRefusedBefore } from './ordinary/refused-before.ts';
import { writtenMail } from './ordinary/written.ts';

/** Every tenth message also over SMTP. */
const EVERY = 10;

/** `port`: of a host that refuses an unknown mailbox, for the bounces. */
async function ordinaryMail(port: number): Promise<readonly OrdinaryMessage[]> {
  const made = [
    await pythonMail(),
    await nodemailerMail(),
    await programMail(),
    await mailerMail(),
    await postfixMail(port),
    writtenMail(),
    mailRefusedBefore(),
    returnedMail(),
    oddMail(),
    bounces(),
    listMail(),
    everydayMail(),
  ];
  return made.flat();
}

test('none of at least 1,200 ordinary messages is refused', async () => {
  await using host = await startWorldHost({ host: 'c10' });
  const messages = await ordinaryMail(host.mx.port);
  expect(messages.length).toBeGreaterThanOrEqual(1200);
  const refused: string[] = [];
  for (const { what, message } of messages) {
    const reply = await replyTo(message);
    if (reply !== 'taken') refused.push(`${what}: ${reply}`);
  }
  expect(refused).toEqual([]);
  process.stdout.write(`${messages.length} ordinary messages, none refused\n`);

  const sample = messages.filter((_, index) => index % EVERY === 0);
  for (const { what, message } of sample) expect(await sendMessage(host.mx.port, message), what).toMatch(/^250 /u);
  expect(host.site.stored(RECIPIENT)).toHaveLength(sample.length);
});
