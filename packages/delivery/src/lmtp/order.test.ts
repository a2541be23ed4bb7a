import { type Script, startLmtpServer } from '@vratny/support/lmtp-server';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createClient } from './client.fixture.ts';

/**
 * What one recipient's mailbox says at RCPT and after the dot; `noise` is what the server says besides, before its
 * answer.
 */
interface Mood {
  readonly rcpt: string;
  readonly dot: string;
  readonly noise: string;
}

const CODES = ['250', '250', '250', '451', '452', '550', '552'];
const mood: fc.Arbitrary<Mood> = fc.record({
  rcpt: fc.constantFrom(...CODES),
  dot: fc.constantFrom(...CODES),
  noise: fc.constantFrom('', '', '', '', '', '', '250 extra\r\n', '550 extra\r\n', '421 extra\r\n', '250-half\r\n', 'rubbish\r\n'),
});
const transaction = fc.record({
  moods: fc.array(mood, { minLength: 1, maxLength: 4 }),
  noiseAt: fc.constantFrom('rcpt', 'dot'),
  mailNoise: fc.constantFrom('', '', '', '', '250 extra\r\n', '550 extra\r\n'),
  dropAfter: fc.option(fc.nat({ max: 4 })),
});
type Transaction = typeof transaction extends fc.Arbitrary<infer T> ? T : never;

/**
 * Answers name their recipient in their text, so that a test can tell whose they were; the client cannot know that
 * form.
 */
function scriptOf(one: Transaction, prefix: string): Script {
  const moodOf = (address: string) => one.moods[Number(/(\d+)@/u.exec(address)?.[1])];
  return {
    command(command) {
      if (command.startsWith('MAIL')) return `${one.mailNoise}250 fine\r\n`;
      const address = /^RCPT TO:<(.*)>/u.exec(command)?.[1];
      const found = address === undefined ? undefined : moodOf(address);
      if (found === undefined) return undefined;
      const noise = one.noiseAt === 'rcpt' ? found.noise : '';
      // Not to begin with another class than its own answer: the fixture counts by the first word.
      return noise === '' || found.rcpt === '250' ? `${noise}${found.rcpt} of:${address}\r\n` : `${found.rcpt} of:${address}\r\n${noise}`;
    },
    dot(recipients) {
      const lines = recipients.map((address) => {
        const found = moodOf(address);
        // Not both: one reply too many and one too few look like the right number, and nobody could tell.
        return `${one.noiseAt === 'dot' && one.dropAfter === null ? (found?.noise ?? '') : ''}${found?.dot} of:${address}${prefix}\r\n`;
      });
      const kept = one.dropAfter === null ? lines : lines.slice(0, one.dropAfter);
      return [kept.join(''), ...(one.dropAfter === null ? [] : ['DROP' as const])];
    },
  };
}

test('no reply is ever attributed to another recipient or another transaction', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(transaction, { minLength: 1, maxLength: 3 }), async (transactions) => {
      let current = 0;
      const scripts = transactions.map((one, at) => scriptOf(one, `#${at}`));
      await using store = await startLmtpServer({
        command: (command, moment) => scripts[current]?.command?.(command, moment),
        dot: (...taken) => scripts[current]?.dot?.(...taken),
      });
      await using client = createClient([store], { connectionsMax: 1, deadlines: { commandMs: 100, storeMs: 100 } });
      for (const [at, one] of transactions.entries()) {
        current = at;
        const addresses = one.moods.map((_mood, i) => `box${i}@example.test`);
        const outcomes = await client.deliver(addresses);
        for (const [i, outcome] of outcomes.entries()) {
          const truth = one.moods[i];
          if (outcome.kind === 'stored') expect([truth?.rcpt, truth?.dot]).toEqual(['250', '250']);
          if (outcome.kind === 'refused') expect(outcome.text).toMatch(new RegExp(`^55. of:${addresses[i]}`, 'u'));
        }
        const clean = one.mailNoise === '' && one.dropAfter === null && one.moods.every((each) => each.noise === '');
        if (clean) expect(outcomes.map((outcome) => outcome.kind)).toEqual(one.moods.map(expected));
      }
    }),
    { numRuns: 300 },
  );
}, 60_000);

function expected({ rcpt, dot }: Mood): string {
  const code = rcpt === '250' ? dot : rcpt;
  if (code === '250') return 'stored';
  return code.startsWith('5') ? 'refused' : 'delayed';
}
