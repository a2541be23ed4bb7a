import { setTimeout as pause } from 'node:timers/promises';
import { type Dovecot, makeDovecot } from '@vratny/support/dovecot';
import { startMx } from '@vratny/support/mx';
import { waitFor } from '@vratny/support/wait-for';
import { expect, test } from 'vitest';
import { FORM } from '../form.ts';
import { type ClientLedger, createClientLedger, pendingOf } from '../ledger/client-ledger.ts';
import { compare } from '../ledger/compare.ts';
import { drain, tryOnce } from '../ledger/drain.ts';
import { makeMessage } from '../ledger/message.ts';
import { formatReport } from '../ledger/report.ts';
import { type FaultWorld, makeFaultWorld } from '../world.ts';
import { readDovecotCopies } from './read-copies.ts';

const BOXES = 8;
const SENDERS = 8;
const ROUNDS = FORM === 'full' ? 10 : 3;
const BETWEEN = FORM === 'full' ? 100 : 20;

/** From and to, in milliseconds since 1970. */
type Span = readonly [number, number];

const FAULTS: readonly (readonly [string, (dovecot: Dovecot) => Promise<void>])[] = [
  ['stopped', (dovecot) => dovecot.stop().then(() => dovecot.start())],
  ['killed', (dovecot) => dovecot.kill().then(() => dovecot.start())],
  ['reloaded', async (dovecot) => void (await dovecot.doveadm(['reload']))],
];

test.each(FAULTS)(
  'Dovecot is %s under load, and mx before it: nothing lost, a second copy only for a broken answer',
  async (what, fault) => {
    const users = Array.from({ length: BOXES }, (_none, at) => ({ address: `box${at}@a.example.test` }));
    await using dovecot = await makeDovecot({ users });
    await dovecot.start();
    await using world = await makeFaultWorld({
      mailboxes: BOXES,
      site: { extra: { delivery: `lmtp://127.0.0.1:${dovecot.lmtpPort}` } },
    });
    const mx = await startMx({ siteFile: world.site.siteFile, host: 'a10' });
    try {
      const ledger = createClientLedger();
      const load = startLoad(ledger, world, mx.port);
      const faults: Span[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        await load.moreAccepted(BETWEEN);
        const from = Date.now();
        await fault(dovecot);
        faults.push([from, Date.now()]);
      }
      await load.moreAccepted(BETWEEN);
      await load.stop();
      await drain(ledger, { port: () => mx.port, letTimePass: () => pause(100) });
      explainByFaults(ledger, faults);
      explainByGoodbyes(ledger, mx.journal());
      const comparison = compare(
        ledger,
        await readDovecotCopies(
          dovecot,
          users.map((user) => user.address),
        ),
      );
      console.log(formatReport('Dovecot under load', [{ what, comparison }]));
      if (comparison.problems.length > 0) console.log(witnesses(comparison.problems, [dovecot.log(), mx.stderr()]));
      expect(comparison.problems).toEqual([]);
      expect(comparison.acceptedRecipients).toBeGreaterThanOrEqual((ROUNDS + 1) * BETWEEN);
    } finally {
      await mx.stop();
    }
  },
);

/** Sends without a pause, each message once, for one mailbox or for two. */
function startLoad(ledger: ClientLedger, world: FaultWorld, port: number) {
  const mailboxes = Array.from({ length: BOXES }, () => world.nextMailbox());
  let stopped = false;
  let count = 0;
  const accepted = () => ledger.entries.filter((entry) => entry.attempts.length > 0 && pendingOf(entry).length === 0).length;
  const senders = Array.from({ length: SENDERS }, async () => {
    while (!stopped) {
      const at = count;
      count += 1;
      const recipients = [mailboxes[at % BOXES] ?? '', ...(at % 3 === 0 ? [mailboxes[(at + 1) % BOXES] ?? ''] : [])];
      const bodyBytes = at % 10 === 0 ? 300_000 : 300;
      await tryOnce(ledger, ledger.open(makeMessage(`dovecot-${at}`, recipients, { bodyBytes, sender: `s${at}@sender.test` })), port);
      // While nobody listens every attempt fails at once.
      await pause(10);
    }
  });
  return {
    async moreAccepted(more: number): Promise<void> {
      const before = accepted();
      await waitFor(`${more} more messages are accepted`, () => (accepted() >= before + more ? true : undefined));
    },
    async stop() {
      stopped = true;
      await Promise.all(senders);
    },
  };
}

/** What the logs say of the messages that problems are about: when Dovecot saved each copy, and what mx heard of it. */
function witnesses(problems: readonly string[], logs: readonly string[]): string {
  const names = new Set(problems.flatMap((problem) => problem.match(/dovecot-\d+ for /gu) ?? []).values());
  // mx knows a message by its sender, `s` and the number.
  const marks = [...names]
    .map((name) => name.replace(' for ', ''))
    .flatMap((token) => [`<${token}@`, `"${token.replace('dovecot-', 's')}@`]);
  const told = (line: string) => marks.some((mark) => line.includes(mark)) || line.includes('"kind":"fault"');
  return logs.flatMap((log) => log.split('\n').filter(told)).join('\n');
}

/** What was under way when Dovecot went away may have been stored without its answer. */
function explainByFaults(ledger: ClientLedger, faults: readonly Span[]): void {
  for (const entry of ledger.entries) {
    for (const { startedAt, ms, offered, sent } of entry.attempts) {
      const [from, to] = [startedAt.getTime(), startedAt.getTime() + ms];
      if (!sent || !faults.some(([start, end]) => start <= to && end >= from)) continue;
      for (const mailbox of offered) ledger.explain(entry, mailbox, 'answer of the store lost');
    }
  }
}

/** What Dovecot answered with 421 instead of saying whether it has the message; after a reload its processes go when `doveadm` has ended already. */
function explainByGoodbyes(ledger: ClientLedger, journal: readonly unknown[]): void {
  const byNumber = new Map(ledger.entries.map((entry) => [entry.message.token.replace('dovecot-', ''), entry] as const));
  for (const line of journal) {
    const { kind, sender = '', failed = [] } = line as { kind?: string; sender?: string; failed?: { mailbox: string; detail: string }[] };
    const entry = kind === 'delivery' ? byNumber.get(/^s(\d+)@/u.exec(sender)?.[1] ?? '') : undefined;
    for (const { mailbox, detail } of failed) {
      const isGoodbye = detail.startsWith('it is not known whether the store has the message: the store closes: 421 ');
      if (entry !== undefined && isGoodbye) ledger.explain(entry, mailbox, 'answer of the store lost');
    }
  }
}
