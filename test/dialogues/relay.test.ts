import type { DialogueClient, Served } from '@vratny/support/dialogue/transport';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openInProcess } from './in-process.ts';
import { RELAY_ATTEMPTS } from './relay-attempts.ts';

/** On d10 every mailbox has to exist; on b10 the domain takes whatever comes, into one mailbox. */
const STRICT = { host: 'd10', domain: 'example.test' };
const CATCH_ALL = { host: 'b10', domain: 'b.example.test', mailbox: 'anything@b.example.test' };

async function reply(connection: DialogueClient): Promise<string> {
  while (true) {
    const line = await connection.readLine();
    if (line === undefined) return 'closed';
    if (line[3] !== '-') return line;
  }
}

async function say(connection: DialogueClient, command: string): Promise<string> {
  connection.write(Buffer.from(`${command}\r\n`, 'latin1'));
  return await reply(connection);
}

async function openTransaction(served: Served): Promise<DialogueClient> {
  const connection = await served.connect(new Uint8Array());
  expect(await reply(connection)).toMatch(/^220 /u);
  expect(await say(connection, 'EHLO client.test')).toMatch(/^250 /u);
  expect(await say(connection, 'MAIL FROM:<a@sender.test>')).toMatch(/^250 /u);
  return connection;
}

const rcpt = (argument: string, domain: string) => `RCPT TO:${argument.replaceAll('OURS', domain)}`;

test('at least forty attempts', () => {
  expect(new Set(RELAY_ATTEMPTS.map(([, argument]) => argument)).size).toBeGreaterThanOrEqual(40);
});

describe('a domain where every mailbox has to exist', () => {
  let served: Served;
  beforeAll(async () => {
    served = await openInProcess(STRICT.host);
  });
  afterAll(() => served?.close());

  test.each(RELAY_ATTEMPTS)('%s is refused', async (_what, argument) => {
    const connection = await openTransaction(served);
    try {
      expect(await say(connection, rcpt(argument, STRICT.domain))).toMatch(/^5\d\d 5\./u);
      expect(await say(connection, 'DATA')).toMatch(/^5\d\d /u);
    } finally {
      connection.close();
    }
  });

  test('and an honest recipient beside them is taken', async () => {
    const connection = await openTransaction(served);
    expect(await say(connection, rcpt('<alice@OURS>', STRICT.domain))).toMatch(/^250 /u);
    connection.close();
  });
});

describe('a domain with a catch-all', () => {
  let served: Served;
  beforeAll(async () => {
    served = await openInProcess(CATCH_ALL.host);
  });
  afterAll(() => served?.close());

  test.each(RELAY_ATTEMPTS)('%s is refused, or ends in the one mailbox', async (_what, argument) => {
    const before = (await served.stored(CATCH_ALL.mailbox)).length;
    const connection = await openTransaction(served);
    try {
      const said = await say(connection, rcpt(argument, CATCH_ALL.domain));
      const taken = said.startsWith('250 ');
      if (!taken) expect(said).toMatch(/^5\d\d 5\./u);
      expect(await say(connection, 'DATA')).toMatch(taken ? /^354 /u : /^5\d\d /u);
      if (taken) expect(await say(connection, 'Subject: x\r\n\r\nx\r\n.')).toMatch(/^250 /u);
      expect(await served.stored(CATCH_ALL.mailbox)).toHaveLength(before + (taken ? 1 : 0));
      // Without a word after the 250 the next message, which is equal, would be taken for a retry of this one.
      expect(await say(connection, 'QUIT')).toMatch(/^221 /u);
      for (const elsewhere of ['user@other.test', `user@${CATCH_ALL.domain}`, 'user@localhost'])
        expect(await served.stored(elsewhere)).toEqual([]);
    } finally {
      connection.close();
    }
  });
});
