import { join } from 'node:path';
import { ROOT } from '@vratny/support/mx';
import { runToEnd } from '@vratny/support/running-program';
import { makeWorldSite, type WorldSite } from '@vratny/support/world-host';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readBlocks } from './page.ts';

const PAGE = 'docs/OPERATIONS.md';

let site: WorldSite;
beforeAll(async () => {
  site = await makeWorldSite({
    extra: { cluster: { name: 'mx1', domain: 'thinline.example' }, state: 'sqlite:./state.db', directory: 'sqlite:./own.db' },
  });
  await run('mxctl domain add first.example');
});
afterAll(async () => site?.[Symbol.asyncDispose]());

/** Runs a line of a page in the folder of the site file, in a shell that has this checkout's programs. */
async function run(line: string): Promise<string> {
  const environment = [`PATH=${join(ROOT, 'bin')}:${process.env['PATH'] ?? ''}`, 'COLUMNS=80'];
  const program = await runToEnd('env', [...environment, 'sh', '-c', `{ ${line}\n} 2>&1`], { cwd: site.folder });
  expect(program.ending(), `${line}: ${program.stdout()}`).toBe(0);
  return program.stdout();
}

/** The commands of a block, each with what the page says that it prints. */
function commandsOf(text: string): readonly { readonly line: string; readonly output: string }[] {
  return text
    .split(/^\$ /mu)
    .slice(1)
    .map((part) => {
      const [line = '', ...output] = part.split('\n');
      return { line, output: output.join('\n') };
    });
}

/** What differs from run to run is written as one thing; columns follow its width. */
const alike = (text: string) =>
  text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/gu, 'TIME')
    .replaceAll(/\b[0-9a-f]{64}\b/gu, 'HASH')
    .replaceAll(/ +/gu, ' ')
    .trim();

const consoleBlocks = (page: string, heading: string) =>
  readBlocks(page, heading)
    .filter(({ language }) => language === 'console')
    .map(({ text }) => commandsOf(text));

const [help = [], day = []] = consoleBlocks(PAGE, 'mxctl');
const [stores = []] = consoleBlocks(PAGE, 'Several stores');

test.each([...help, ...day, ...stores].map(({ line, output }) => [line, output] as const))('%s', async (line, output) => {
  expect(alike(await run(line))).toBe(alike(output));
});

test.each(consoleBlocks('docs/GREYLISTING.md', 'Looking and forgetting').flatMap((block) => block.map(({ line }) => line)))(
  '%s',
  async (line) => {
    await run(line);
  },
);
