import { type RunningMx, startMx } from '@vratny/support/mx';
import { ask, openClient, readReply } from '@vratny/support/smtp-client';
import { makeWorldSite } from '@vratny/support/world-host';

/** Two mx processes, both host b20 of one site, with one Redis between them. */
export interface TwoNodes extends AsyncDisposable {
  readonly nodes: readonly [RunningMx, RunningMx];
}

/** Starts them; greylisting waits for one second. Nobody sends a message as far as its content, so that no scanner is needed. */
export async function startTwoNodes(stateUrl: string): Promise<TwoNodes> {
  await using stack = new AsyncDisposableStack();
  const extra = { state: stateUrl, greylist: { delay: '1s' }, antivirus: { clamd: ['tcp://127.0.0.1:9'] } };
  const { siteFile } = stack.use(await makeWorldSite({ extra }));
  const start = async () => stack.adopt(await startMx({ siteFile, host: 'b20' }), async (mx) => void (await mx.stop()));
  const nodes = [await start(), await start()] as const;
  const owned = stack.move();
  return { nodes, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** A sending server's connection to one node. */
export interface Caller {
  /** The reply to RCPT in a new transaction of this sender, and how long it took. */
  offer(sender: string): Promise<{ readonly reply: string; readonly ms: number }>;
  close(): void;
}

/** Connects and says EHLO. */
export async function call(node: RunningMx): Promise<Caller> {
  const connection = await openClient(node.port);
  await readReply(connection);
  await ask(connection, 'EHLO client.test');
  return {
    offer: async (sender) => {
      const mail = await ask(connection, `MAIL FROM:<${sender}>`);
      if (!mail.startsWith('250 ')) throw new Error(`MAIL: ${mail}`);
      const startedAt = performance.now();
      const reply = await ask(connection, 'RCPT TO:<alice@example.test>');
      const ms = performance.now() - startedAt;
      await ask(connection, 'RSET');
      return { reply, ms };
    },
    close: () => connection.close(),
  };
}

/** Offers once, on a connection of its own; gives the reply. */
export async function offerOnce(node: RunningMx, sender: string): Promise<string> {
  const caller = await call(node);
  try {
    return (await caller.offer(sender)).reply;
  } finally {
    caller.close();
  }
}
