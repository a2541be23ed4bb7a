import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { createPowerDnsWriter } from './powerdns.ts';

interface Patched {
  readonly rrsets: readonly { readonly name: string; readonly records: readonly unknown[] }[];
}

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}

/** Replaces `10 old.test` by `10 new.test` and `20 second.test` beside these records, in an API that has one zone. Gives the records that it was told. */
async function replaceBeside(...beside: readonly { readonly content: string; readonly disabled: boolean }[]) {
  const records = [{ content: '10 old.test.', disabled: false }, ...beside];
  const zone = { rrsets: [{ name: 'firma.test.', type: 'MX', ttl: 60, records }] };
  let patched: Patched | undefined;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method === 'PATCH') {
      patched = JSON.parse(await read(request));
      response.writeHead(204).end();
    } else response.end(JSON.stringify(zone));
  };
  const api = createServer((request, response) => void answer(request, response));
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  try {
    const address = api.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const writer = createPowerDnsWriter({ url: `http://127.0.0.1:${address.port}`, key: 'k' });
    const written = await writer.replaceMx({
      zone: 'firma.test',
      domain: 'firma.test',
      before: [{ preference: 10, exchange: 'old.test' }],
      after: [
        { preference: 10, exchange: 'new.test' },
        { preference: 20, exchange: 'second.test' },
      ],
      ttlSeconds: 60,
    });
    return { written, records: patched?.rrsets[0]?.records };
  } finally {
    api.closeAllConnections();
    api.close();
  }
}

const NEW = [
  { content: '10 new.test.', disabled: false },
  { content: '20 second.test.', disabled: false },
];

it('keeps records that somebody disabled', async () => {
  const disabled = { content: '50 Spare.test.', disabled: true };
  expect(await replaceBeside(disabled)).toEqual({ written: { kind: 'done' }, records: [...NEW, disabled] });
});

it('enables one that is wanted, since there are no two of the same content', async () => {
  expect(await replaceBeside({ content: '20 SECOND.test.', disabled: true })).toEqual({ written: { kind: 'done' }, records: NEW });
});

it('writes nothing when there is another record that is served', async () => {
  const { written, records } = await replaceBeside({ content: '5 hand.test.', disabled: false });
  expect([written.kind, records]).toEqual(['changed', undefined]);
});
