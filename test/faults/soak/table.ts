import { standingOf } from '../ledger/client-ledger.ts';
import { describeCopies } from './describe-copies.ts';
import type { SoakResult } from './run-soak.ts';

/** What a soak came to, for people. The problems themselves stand at the end, some of them. */
export function formatSoak({ plan, ledger, comparison, counts, kept, deeds, drained, seconds }: SoakResult): string {
  const { entries } = ledger;
  const standings = entries.flatMap((entry) => entry.message.recipients.map((one) => standingOf(entry, one)));
  const count = (standing: string) => standings.filter((one) => one === standing).length;
  const endings = new Map<string, number>();
  for (const { ending } of entries.flatMap((entry) => entry.attempts)) {
    const name = ending.kind === 'lost' ? 'no reply' : `${ending.reply.code}`;
    endings.set(name, (endings.get(name) ?? 0) + 1);
  }
  const { problems, explained } = comparison;
  const lost = problems.filter((one) => one.includes('LOST')).length;
  const torn = problems.filter((one) => one.includes('torn')).length;
  return [
    `soak, seed ${plan.seed}: ${entries.length} messages for ${standings.length} recipients in ${seconds} s`,
    ...rows('attempts that ended with', endings),
    ...rows('faults', counts),
    ...rows(
      'in the end',
      new Map([
        ['drained messages', drained],
        ['accepted', count('accepted')],
        ['refused', count('refused')],
      ]),
    ),
    ...rows('second copies, explained', explained),
    ...rows(
      'wrong',
      new Map([
        ['lost', lost],
        ['torn', torn],
        ['otherwise', problems.length - lost - torn],
      ]),
    ),
    ...problems.slice(0, PROBLEMS_SHOWN).flatMap((problem) => {
      const token = /soak-\d+/u.exec(problem)?.[0] ?? '';
      return [problem, ...describeCopies(kept, token, deeds)];
    }),
  ].join('\n');
}

const PROBLEMS_SHOWN = 10;

function rows(title: string, counts: ReadonlyMap<string, number>): readonly string[] {
  const sorted = [...counts].sort(([a], [b]) => a.localeCompare(b));
  return [`${title}:`, ...sorted.map(([name, number]) => `  ${String(number).padStart(7)}  ${name}`)];
}
