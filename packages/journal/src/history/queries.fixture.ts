import type { HistoryQuery } from './port.ts';

const RANGE = { since: new Date(0), until: new Date(8e15), limit: 50 };
const DAY = { since: new Date('2026-11-26'), until: new Date('2026-11-27'), limit: 50 };

/** Every combination of what may be looked for, each exactly and by its beginning. */
export function allQueries(): readonly HistoryQuery[] {
  const parts: readonly (readonly Partial<HistoryQuery>[])[] = [
    [{}, { domain: 'one.example' }],
    [{}, { recipient: 'a@one.example' }, { recipient: 'a*' }],
    [{}, { sender: 'b@two.example' }, { sender: 'b*' }, { sender: '' }, { sender: '*' }],
    [{}, { client: '192.0.2.1' }, { client: '192.0.*' }],
    [{}, { check: 'spf' }],
    [{}, { verdict: 'refused' }],
    [{}, { after: '1700000000000.5' }],
    [{}, { contains: 'x', ...DAY }],
  ];
  return parts.reduce<HistoryQuery[]>((all, choices) => all.flatMap((one) => choices.map((choice) => ({ ...one, ...choice }))), [RANGE]);
}
