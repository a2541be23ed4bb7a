import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPublishers } from './open-publishers.ts';
import { StartProblem } from './start-problem.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vratny-publishers-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Opens a publisher whose API key stands in a file with this text. */
function open(text: string): Promise<unknown> {
  const file = join(folder, 'key');
  writeFileSync(file, text);
  const one = { server: { host: '127.0.0.1', port: 53 }, powerdns: { url: 'http://127.0.0.1:8081', key: { file } } };
  return openPublishers({ publish: [one] }, () => new Date());
}

describe('the key of an API', () => {
  it.each([
    ['two lines', 'first-part\nsecond-part\n'],
    ['two words', 'first-part second-part'],
    ['letters that a header cannot carry', 'second-pařt'],
    ['a control character', 'second-part\u0000'],
    ['nothing', ' \n'],
  ])('%s: it is refused, and is not told', async (_what, text) => {
    const problem: unknown = await open(text).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(StartProblem);
    expect(String(problem)).toContain('publish[0].powerdns.key');
    expect(String(problem)).not.toContain('part');
  });

  it('one word with spaces around it is taken', async () => {
    await expect(open(' s3cret!~ \r\n')).resolves.toBeDefined();
  });
});
