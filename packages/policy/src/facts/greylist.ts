import { formatReversePath, type ReversePath } from '@vratny/smtp';
import { type Contact, StateFault } from '@vratny/state';
import { startDeadline, until } from '@vratny/waiting';
import { GREYLIST_FACT_MS, SPF_FACT_MS } from '../limits.ts';
import { FactFault, fact } from '../model/fact.ts';
import type { MailContext } from '../model/stage.ts';
import { networkOf } from './origin.ts';
import { findSpf, type SpfAnswer, type SpfContext, type SpfQuestion, spfQuestion } from './spf/find-spf.ts';

/**
 * The greylist key of a sender: its address in lower case (or its stable part, where the site says so), a space, and
 * the origin of its client. The null sender is an address like any other.
 */
export function greylistKey({ sender, settings }: Pick<MailContext, 'sender' | 'settings'>, client: string): string {
  const who = settings.greylist.senders === 'stable' ? stableSender(sender) : formatReversePath(sender).toLowerCase();
  return `${who} ${client}`;
}

/** `prvs=TAG=local` (BATV, draft-levine-smtp-batv), with its variants: `btv1==TAG==local`, `msprvs1=TAG=local`. */
const BATV = /^(?:prvs|btv1|msprvs1)=+[^=]+=+(?<local>.+)$/u;

/**
 * `SRS0=HASH=TIME=domain=local` and `SRS1=HASH=forwarder==HASH=TIME=domain=local` (Sender Rewriting Scheme); the sign
 * after the name varies.
 */
const SRS = /^srs[01][=+-](?:[^=]+=[^=]+==)?[^=]+=[^=]+=(?<origin>[^=]+=.+)$/u;

/** Pieces between signs. */
const PIECES = /[^._=+-]+/gu;

/**
 * The part of an address that stays the same when its sender changes it with each message: lower case; without the
 * signatures of BATV and SRS; without an extension after `+`; without the recipient of VERP
 * (`list-return-12-alice=example.org@`); numbers and long identifiers become `#`. Two senders of one domain may get the
 * same key; senders of two domains never do.
 */
export function stableSender(sender: ReversePath): string {
  if (sender === null) return '';
  const local = stableLocal(sender.local.toLowerCase());
  return formatReversePath({ ...sender, local }).toLowerCase();
}

function stableLocal(local: string): string {
  const signed = BATV.exec(local)?.groups?.['local'];
  if (signed !== undefined) return stableLocal(signed);
  const origin = SRS.exec(local)?.groups?.['origin'];
  if (origin !== undefined) return `srs=${numbered(origin)}`;
  const plus = local.indexOf('+');
  const stem = plus > 0 ? local.slice(0, plus) : local;
  return numbered(withoutRecipient(stem)).replace(/#(?:[._=+-]+#)+/gu, '#');
}

/**
 * A `=` in a local part stands for the `@` of a recipient; the variable part begins at the last number before it, or
 * else at the last separator.
 */
function withoutRecipient(stem: string): string {
  const equals = stem.indexOf('=');
  if (equals < 0) return stem;
  const before = stem.slice(0, equals);
  const numberedStem = /^.*?[._+-]\d+(?=[._+-])/u.exec(before)?.[0];
  return numberedStem ?? before.replace(/[._+-][^._+-]*$/u, '');
}

function numbered(text: string): string {
  return text.replace(PIECES, (piece) => (isIdentifier(piece) ? '#' : piece));
}

/** All digits; or hexadecimal of at least 8 characters, or any 20 and more, with a digit among them. */
function isIdentifier(piece: string): boolean {
  if (!/\d/u.test(piece)) return false;
  return /^\d+$/u.test(piece) || /^[\da-f]{8,}$/u.test(piece) || piece.length >= 20;
}

/**
 * The origin of a client: `spf:example.net` where the site says so and the SPF record of the domain names the client,
 * since large senders retry from other addresses of their pool; else the client's network. SPF is asked only where the
 * site says so. A result that cannot be found is no confirmation.
 */
export const greylistClient = fact({
  name: 'greylist-client',
  stage: 'mail',
  deadlineMs: SPF_FACT_MS,
  lazy: true,
  needs: {},
  ports: ['dns', 'clock'],
  async find(context, _needs, { dns, clock }, signal): Promise<string> {
    const { client, settings } = context;
    const network = networkOf(client.ip, settings.greylist);
    if (settings.greylist.pools !== 'spf') return network;
    using deadline = startDeadline(SPF_FACT_MS - 2_000, { signal });
    const asking = confirm(spfQuestion(context), { dns, clock, signal: deadline.signal });
    const answer = await until(asking, deadline.signal, () => undefined);
    return answer?.result === 'pass' ? `spf:${answer.domain.toLowerCase()}` : network;
  },
});

async function confirm(question: SpfQuestion, asking: SpfContext): Promise<SpfAnswer | undefined> {
  try {
    return await findSpf(question, asking);
  } catch {
    return undefined;
  }
}

/** A contact, and its key. */
interface KnownContact extends Contact {
  readonly key: string;
}

/**
 * Whether this sender was seen from there before, and long enough ago. One contact for a transaction, whatever the
 * number of its recipients. Lazy: it writes to shared state, so a sender that is refused anyway is not recorded.
 */
export const greylist = fact({
  name: 'greylist',
  stage: 'mail',
  deadlineMs: GREYLIST_FACT_MS,
  lazy: true,
  alarm: true,
  needs: { client: greylistClient },
  ports: ['greylist', 'clock'],
  async find(context, { client }, ports): Promise<KnownContact> {
    const key = greylistKey(context, client);
    try {
      return { ...(await ports.greylist.firstSeen(key, ports.clock(), context.settings.greylist)), key };
    } catch (error) {
      if (error instanceof StateFault) throw new FactFault(error.message);
      throw error;
    }
  },
  describe: ({ kind, retryAfterMs }) => (kind === 'passed' ? kind : `${kind}, ${Math.ceil(retryAfterMs / 1000)} s to go`),
});
