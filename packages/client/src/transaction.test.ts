import { type Duplex, duplexPair } from 'node:stream';
import { createCanceller } from '@vratny/waiting';
import { expect, it, vi } from 'vitest';
import { type Conversation, openConversation } from './conversation.ts';
import { type OutgoingMessage, sendMessage } from './transaction.ts';

const HELLO = '250-mx.example\r\n250-PIPELINING\r\n250 SIZE\r\n';
const DEADLINES = { commandMs: 2_000, writeMs: 2_000, storeMs: 2_000, endingGraceMs: 100 };

/** A server at the other end of a pair of streams: what it says to each line, and to the end of the message. */
function serve(stream: Duplex, answers: Readonly<Record<string, string>>): { readonly said: string[] } {
  const said: string[] = [];
  let rest = '';
  let inData = false;
  stream.write('220 mx.example\r\n');
  stream.setEncoding('latin1').on('data', (piece: string) => {
    rest += piece;
    for (let end = rest.indexOf('\r\n'); end !== -1; end = rest.indexOf('\r\n')) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 2);
      said.push(line);
      if (inData && line !== '.') continue;
      const verb = line.split(' ')[0] ?? '';
      const answer = answers[line] ?? answers[verb] ?? (verb === 'DATA' ? '354 go on\r\n' : '250 fine\r\n');
      inData = verb === 'DATA' && answer.startsWith('354');
      stream.write(answer);
    }
  });
  return { said };
}

async function open(hello: 'EHLO' | 'LHLO', answers: Readonly<Record<string, string>> = {}) {
  const [ours, theirs] = duplexPair();
  const server = serve(theirs, { [hello]: HELLO, ...answers });
  const conversation = await openConversation({
    ...{ stream: ours, name: 'mx.example', hello, hostName: 'client.example', connectMs: 2_000, greetingMs: 2_000 },
    ...{ onBroken: () => undefined, signal: createCanceller().signal },
  });
  return { conversation, server, theirs };
}

function send(conversation: Conversation, recipients: readonly string[], message: Partial<OutgoingMessage> = {}) {
  return sendMessage(conversation, {
    ...{ sender: { local: 'a', domain: 'sender.example' }, recipients, sizeBytes: 14, utf8: false, replies: 'each', deadlines: DEADLINES },
    async *body() {
      yield Buffer.from('Subject: x\r\n\r\n.\r\n');
    },
    confirm: async () => undefined,
    signal: createCanceller().signal,
    ...message,
  });
}

it('LMTP: a reply for each recipient', async () => {
  const { conversation, server } = await open('LHLO', { '.': '250 saved\r\n550 5.2.1 no\r\n' });
  const [one, other] = await send(conversation, ['a@example.org', 'b@example.org']);
  expect(one).toEqual({ kind: 'taken' });
  expect(other).toMatchObject({ kind: 'objected', reply: { code: 550 } });
  expect(server.said.slice(0, 4)).toEqual([
    'LHLO client.example',
    'MAIL FROM:<a@sender.example> SIZE=14',
    'RCPT TO:<a@example.org>',
    'RCPT TO:<b@example.org>',
  ]);
  expect(server.said.slice(-3)).toEqual(['', '..', '.']);
  expect(conversation.connection.idle).toBe(true);
});

it('SMTP: one reply for all that were accepted', async () => {
  const { conversation, server } = await open('EHLO', { 'RCPT TO:<b@example.org>': '550 5.1.1 no such\r\n' });
  const outcomes = await send(conversation, ['a@example.org', 'b@example.org', 'c@example.org'], { replies: 'one' });
  expect(outcomes.map(({ kind }) => kind)).toEqual(['taken', 'objected', 'taken']);
  expect(server.said[0]).toBe('EHLO client.example');
  expect(conversation.connection.idle).toBe(true);
});

it('SMTP: a second reply to one message, and nobody knows which was meant', async () => {
  const { conversation } = await open('EHLO', { '.': '250 saved\r\n250 saved\r\n' });
  const outcomes = await send(conversation, ['a@example.org', 'b@example.org'], { replies: 'one' });
  expect(outcomes.map(({ kind }) => kind)).toEqual(['uncertain', 'uncertain']);
});

it('a connection that ends after the final dot leaves it uncertain; before it, nobody has the message', async () => {
  const after = await open('LHLO', { '.': '' });
  const outcome = send(after.conversation, ['a@example.org']);
  await vi.waitFor(() => expect(after.server.said).toContain('.'));
  after.theirs.end();
  expect(await outcome).toMatchObject([{ kind: 'uncertain' }]);
  const before = await open('LHLO', { DATA: '' });
  const failing = send(before.conversation, ['a@example.org']);
  await vi.waitFor(() => expect(before.server.said).toContain('DATA'));
  before.theirs.end();
  await expect(failing).rejects.toMatchObject({ kind: 'lost' });
});

it('a message that its owner cannot read, or does not confirm, is not handed over', async () => {
  const unreadable = await open('LHLO');
  const failing = send(unreadable.conversation, ['a@example.org'], {
    async *body() {
      yield Buffer.from('Subject: x');
      throw new Error('the disk is gone');
    },
  });
  await expect(failing).rejects.toMatchObject({ kind: 'ended', message: 'the disk is gone' });
  const unconfirmed = await open('LHLO');
  const refused = send(unconfirmed.conversation, ['a@example.org'], { confirm: () => Promise.reject(new Error('nobody waits')) });
  await expect(refused).rejects.toThrow('nobody waits');
  expect(unconfirmed.server.said).not.toContain('.');
});

it('a step that takes too long breaks the connection, and one that was over in time does not', async () => {
  vi.useFakeTimers();
  try {
    const { conversation } = await open('LHLO', { 'RCPT TO:<slow@example.org>': '' });
    const { connection } = conversation;
    for (let i = 0; i < 3; i += 1) {
      expect(await send(conversation, ['a@example.org'])).toEqual([{ kind: 'taken' }]);
      connection.endStep();
      await vi.advanceTimersByTimeAsync(5_000);
    }
    const slow = send(conversation, ['slow@example.org']).catch((error: unknown) => String(error));
    await vi.advanceTimersByTimeAsync(1_999);
    expect(connection.fault).toBeUndefined();
    await vi.advanceTimersByTimeAsync(2);
    expect(await slow).toContain('not done within 2 s');
  } finally {
    vi.useRealTimers();
  }
});
