import { createClamdAntivirus } from '@vratny/scanner/clamd';
import { startClamd } from '@vratny/support/clamd';
import { describe, expect, test } from 'vitest';

const MIB = 1024 * 1024;

/** What the check says about a clamd with these settings; its address left out. */
async function problemsOf(settings: Readonly<Record<string, string>>, largestMessageBytes: number): Promise<readonly string[]> {
  await using clamd = await startClamd(settings);
  const antivirus = createClamdAntivirus({ servers: [clamd.tcp], largestMessageBytes, now: () => performance.now() });
  return (await antivirus.check()).map((problem) => problem.replace(/^clamd tcp:\S+: /u, ''));
}

/** The lines for clamd.conf that stand in a problem, in quotation marks. */
function linesIn(problems: readonly string[]): Readonly<Record<string, string>> {
  const lines = problems.flatMap((problem) => [...problem.matchAll(/"([A-Za-z]+) (\w+)"/gu)]);
  return Object.fromEntries(lines.map(([, option = '', value = '']) => [option, value]));
}

describe('the check at start', () => {
  test('the configuration that we ship admits 100 MiB', async () => {
    expect(await problemsOf({}, 100 * MIB)).toEqual([]);
  });

  test.each<[Readonly<Record<string, string>>, RegExp]>([
    [{ StreamMaxLength: '20M' }, /^refuses a message of 31457280 octets: in clamd.conf set "StreamMaxLength 31M"$/u],
    [{ MaxFileSize: '20M' }, /MaxFileSize.*"MaxFileSize 31M"/u],
    [{ MaxScanSize: '20M' }, /MaxScanSize.*"MaxScanSize 124M"/u],
    [{ MaxFileSize: '20M', AlertExceedsMax: 'no' }, /^does not find EICAR at the far end.*"MaxFileSize 31M".*"AlertExceedsMax yes"/u],
    [{ MaxScanSize: '20M', AlertExceedsMax: 'no' }, /^does not find EICAR at the far end.*"MaxScanSize 124M".*"AlertExceedsMax yes"/u],
    [{ AlertExceedsMax: 'no' }, /^calls clean what exceeds its limits: in clamd.conf set "AlertExceedsMax yes"$/u],
    [{ StreamMaxLength: '5M', MaxFileSize: '6M', MaxScanSize: '7M', AlertExceedsMax: 'no' }, /"StreamMaxLength 31M"/u],
  ])('%j is told, and what it says to change is enough', async (settings, words) => {
    let problems = await problemsOf(settings, 30 * MIB);
    expect(problems[0]).toMatch(words);
    let changed = settings;
    // One limit may hide the next one.
    for (let round = 0; round < 3 && problems.length > 0; round += 1) {
      changed = { ...changed, ...linesIn(problems) };
      problems = await problemsOf(changed, 30 * MIB);
    }
    expect(problems).toEqual([]);
  });
});
