import { startPostfix } from '@vratny/support/postfix';
import { SENDER_DOMAIN } from '@vratny/support/postfix-config';
import { waitFor } from '@vratny/support/wait-for';
import { expect, test } from 'vitest';

test('an instance of our own starts, delivers to its own mailbox, and stops', async () => {
  await using postfix = await startPostfix({ relayPort: 1, tls: 'none' });
  await postfix.send('Subject: to myself\r\n\r\nx\r\n', { from: `a@${SENDER_DOMAIN}`, to: [`b@${SENDER_DOMAIN}`] });
  const [message = ''] = await waitFor('the message came back', () => (postfix.returned().length > 0 ? postfix.returned() : undefined), {
    explain: postfix.log,
  });
  expect(message).toContain('Subject: to myself');
  await waitFor('the queue is empty', async () => ((await postfix.isQueueEmpty()) ? true : undefined));
});
