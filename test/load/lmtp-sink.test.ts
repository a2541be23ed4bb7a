import { createLmtp } from '@vratny/delivery/lmtp';
import { contentOf } from '@vratny/message';
import { expect, test } from 'vitest';
import { startLmtpSink } from './lmtp-sink-server.ts';

test('the sink counts what a client delivers, small and large, empty and full of dots', async () => {
  await using sink = await startLmtpSink({ port: 0 });
  const delivery = createLmtp({
    servers: [{ kind: 'tcp', host: '127.0.0.1', port: sink.port ?? 0 }],
    hostName: 'mx.test',
    now: () => new Date(),
    connectionsMax: 3,
  });
  const texts = ['', '.\r\n', 'Subject: x\r\n\r\n..\r\n.\r\n', '.\r\n'.repeat(200_000), 'Subject: x\r\n\r\n'.padEnd(70_000, 'x')];
  const deliver = (text: string, recipients: number) =>
    delivery.deliver({
      sender: null,
      content: contentOf(Buffer.from(text)),
      omit: [],
      key: '00'.repeat(32),
      resumed: false,
      confirm: async () => true,
      copies: Array.from({ length: recipients }, (_none, at) => ({ target: { address: `box${at}@x.test`, usedBytes: 0 }, stamps: '' })),
      signal: new AbortController().signal,
    });
  const outcomes = await Promise.all(Array.from({ length: 100 }, (_none, at) => deliver(texts[at % texts.length] ?? '', 1 + (at % 2))));
  expect(new Set(outcomes.flat().map((outcome) => outcome.kind))).toEqual(new Set(['stored']));
  expect(await delivery.admits({ address: 'a@x', usedBytes: 0 }, 10, new AbortController().signal)).toEqual({ kind: 'room' });
  await delivery.close();
  expect(sink.counts()).toMatchObject({ messages: 100, copies: 150, connections: 3 });
});
