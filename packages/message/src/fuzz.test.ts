import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { expect, test } from 'vitest';
import { secondView } from './second-view/second-view.ts';
import { contentOf } from './spool.ts';
import { carriesAttachment } from './walk/message-tree.ts';
import { forbiddenExtension } from './walk/names/forbidden-extension.ts';
import { isAmbiguous } from './walk/oddity.ts';
import { arbitraryMessage } from './walk/testing/arbitrary-message.fixture.ts';
import { outcomeOf } from './walk/testing/case.fixture.ts';
import { walkMessage } from './walk/walk-message.ts';

/** More runs than the default suite makes: what they find is kept as a row in the tables beside the walker. */
const RUNS = 400;

async function namesOfPostalMime(message: Buffer): Promise<readonly string[]> {
  try {
    const { attachments } = await PostalMime.parse(Buffer.from(message), { forceRfc822Attachments: false });
    return attachments.flatMap((one) => one.filename ?? []);
  } catch {
    // It refuses what it finds too deep or too large; then it shows nothing.
    return [];
  }
}

/** What policy would make of the walker's view alone. */
async function walkerOutcome(message: Buffer): Promise<string> {
  const tree = await walkMessage(contentOf(message));
  const names = tree.parts.flatMap((part) => part.names.map((name) => ({ name, partPath: part.path, view: 'walker' as const })));
  return outcomeOf({ names, ambiguous: tree.oddities.some(({ kind }) => isAmbiguous(kind)), carriesAttachment: carriesAttachment(tree) });
}

test('no forbidden name that postal-mime or mailparser sees is neither seen nor flagged', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryMessage, async (message) => {
      const theirs = [...(await namesOfPostalMime(message)), ...(await secondView(contentOf(message))).names.map(({ name }) => name)];
      const forbidden = theirs.filter((name) => forbiddenExtension(name) !== undefined);
      if (forbidden.length > 0) expect(`${await walkerOutcome(message)} ${forbidden.join()}`).not.toMatch(/^clean/u);
    }),
    { numRuns: RUNS },
  );
});
