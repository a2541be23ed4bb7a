import { startPostfix } from '@vratny/support/postfix';
import { waitFor } from '@vratny/support/wait-for';
import { makeExim } from './exim.ts';
import { opensmtpd } from './opensmtpd.ts';
import { render, type SenderKind, troubles } from './sender.ts';
import { sendmail } from './sendmail.ts';

/** One connection at a time, and it is kept for the next message: else twenty messages are twenty connections at once. */
const postfix: SenderKind = {
  name: 'Postfix',
  reuses: true,
  async send({ port, tls }, messages) {
    const settings = {
      default_destination_concurrency_limit: '1',
      smtp_connection_cache_destinations: 'static:all',
      smtp_tls_connection_reuse: 'yes',
    };
    await using server = await startPostfix({ relayPort: port, tls: tls ? 'encrypt' : 'none', settings });
    for (const message of messages) await server.send(render(message), { from: message.from, to: [message.to] });
    await waitFor('the queue is empty', async () => ((await server.isQueueEmpty()) ? true : undefined), { explain: server.log });
    return troubles(server.log(), /status=(?!sent)|fatal:|panic:/u);
  },
};

/** A delivery without `K` was made without CHUNKING, which Exim uses wherever it is offered. */
const EXIM_TROUBLE = / (?:==|\*\*) |SMTP error|panic| => (?!.* K )/u;

/** Exim that sends each message as it comes: it closes its sending side together with QUIT. */
const eximAtOnce: SenderKind = {
  name: 'Exim each at once',
  reuses: false,
  async send({ port, tls }, messages) {
    using exim = await makeExim({ relayPort: port, tls: tls ? 'encrypt' : 'none' });
    await exim.send(messages, 'at once');
    return troubles(exim.log(), EXIM_TROUBLE);
  },
};

/** Exim's queue run: one process hands its connection to the next. */
const eximQueueRun: SenderKind = {
  name: 'Exim queue run',
  reuses: true,
  async send({ port, tls }, messages) {
    using exim = await makeExim({ relayPort: port, tls: tls ? 'encrypt' : 'none' });
    await exim.send(messages, 'wait');
    await exim.runQueue();
    return troubles(exim.log(), EXIM_TROUBLE);
  },
};

/** Mail servers with a queue of their own. */
export const SERVERS: readonly SenderKind[] = [postfix, opensmtpd, sendmail, eximAtOnce, eximQueueRun];
