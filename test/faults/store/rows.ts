import { setTimeout as pause } from 'node:timers/promises';
import { FORM } from '../form.ts';
import type { AttemptMoments } from '../ledger/attempt.ts';
import { vanishAfter } from '../vanish/vanish.ts';
import type { Answer, Treatment } from './treatment.ts';

/** One way of a store to go wrong with a message, and what must come of it. */
export interface Row {
  readonly what: string;
  /** For each recipient what the store says of it: the first time, the second time, ...; the last one holds on. */
  readonly answers: readonly (readonly [Answer, ...Answer[]])[];
  /** How it says that the first time; afterwards as any store does. */
  readonly manner?: Omit<Treatment, 'answers'>;
  /** How the client behaves the first time. */
  readonly moments?: AttemptMoments;
  /** Places of the recipients that have a copy more, since nobody could know that they had one. */
  readonly twice?: readonly number[];
  readonly attempts?: number;
  /** How long the client tries again; 4 s unless told. */
  readonly patienceMs?: number;
}

const TAKES = ['takes'] as const;
const FULL = ['full'] as const;
const LATER = ['delays', 'takes'] as const;

/** RFC 5321 has no minimum of speed. In the short form an octet takes less than a second, so that the suite does not wait for a minute. */
const OCTET_MS = FORM === 'full' ? 1_000 : 50;

const gone = (ms: number): AttemptMoments => ({ converse: (client, wire) => vanishAfter(client, wire, ms, 'close') });
const silence: Row['manner'] = { says: 0, afterwards: 'silence' };
const close: Row['manner'] = { says: 0, afterwards: 'close' };

/** Silence lasts until mx has waited for long enough, whether its client does or not: what was handed over is waited for. */
const SILENT: readonly Row[] = [
  { what: 'says nothing, and the client waits', answers: [TAKES], manner: silence, twice: [0] },
  {
    what: 'says nothing, and the client gives up',
    answers: [TAKES],
    manner: silence,
    moments: gone(1_000),
    twice: [0],
    patienceMs: 160_000,
  },
];

/** Everything that this suite has a store do. */
export const ROWS: readonly Row[] = [
  { what: 'takes everybody', answers: [TAKES, TAKES, TAKES], attempts: 1 },
  { what: 'says 250, 451, 250', answers: [TAKES, LATER, TAKES] },
  { what: 'says 250, 552', answers: [TAKES, FULL] },
  { what: 'says 552, 250', answers: [FULL, TAKES] },
  { what: 'says 250, 451, 552, 250', answers: [TAKES, LATER, FULL, TAKES] },
  { what: 'says 451, then 552, beside 250', answers: [['delays', 'full'], TAKES] },
  { what: 'says 552 to everybody', answers: [FULL, FULL], attempts: 1 },
  { what: 'closes after the dot', answers: [TAKES, TAKES], manner: close, twice: [0, 1] },
  {
    what: 'closes after half of the replies',
    answers: [TAKES, TAKES, TAKES, TAKES],
    manner: { says: 2, afterwards: 'close' },
    twice: [2, 3],
  },
  { what: 'says 451, 250 and closes', answers: [LATER, TAKES, FULL, TAKES], manner: { says: 2, afterwards: 'close' }, twice: [3] },
  { what: 'says an octet at a time', answers: [TAKES], manner: { octetEveryMs: OCTET_MS }, attempts: 1 },
  { what: 'says 250 late', answers: [TAKES], manner: { before: () => pause(2_000) }, attempts: 1 },
  { what: 'says 250 when the client has gone', answers: [TAKES], manner: { before: () => pause(1_500) }, moments: gone(300) },
  { what: 'says 250, 552 when the client has gone', answers: [TAKES, FULL], manner: { before: () => pause(1_000) }, moments: gone(200) },
  { what: 'says an octet at a time to nobody', answers: [TAKES], manner: { octetEveryMs: 100 }, moments: gone(500), patienceMs: 12_000 },
  { what: 'says nothing and closes late', answers: [TAKES, TAKES], manner: { before: () => pause(2_000), ...close }, twice: [0, 1] },
  {
    what: 'closes late, after the client',
    answers: [TAKES],
    manner: { before: () => pause(1_500), ...close },
    moments: gone(500),
    twice: [0],
  },
  ...(FORM === 'full' ? SILENT : []),
];
