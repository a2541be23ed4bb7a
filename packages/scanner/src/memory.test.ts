import type { Content } from '@vratny/message';
import { describeAntispam, describeAntivirus } from './contract.ts';
import { createMemoryAntispam, createMemoryAntivirus } from './memory.ts';

const MARK = Buffer.from('mark of the test');

async function holds(content: Content, mark: Buffer): Promise<boolean> {
  const chunks: Buffer[] = [];
  for await (const chunk of content.read()) chunks.push(chunk);
  return Buffer.concat(chunks).includes(mark);
}

describeAntivirus('memory', async () => ({
  antivirus: createMemoryAntivirus([
    { name: 'Other', octets: Buffer.from('something else') },
    { name: 'Test.Mark', octets: MARK },
  ]),
  virus: MARK,
  signature: 'Test.Mark',
  dispose: async () => undefined,
}));

describeAntispam('memory', async () => ({
  antispam: createMemoryAntispam(async (content) => {
    const isSpam = await holds(content, MARK);
    return {
      kind: 'scored',
      score: isSpam ? 15 : 0,
      requiredScore: 15,
      action: isSpam ? 'reject' : 'no action',
      symbols: [{ name: 'MARK', score: 15 }],
    };
  }),
  spam: MARK,
  dispose: async () => undefined,
}));
