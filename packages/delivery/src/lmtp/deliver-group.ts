import { ConversationFault, describeFault, isRefusal, quoteReply, type RecipientOutcome, sendMessage } from '@vratny/client';
import { type Cancellation, withGrace } from '@vratny/waiting';
import { isConfirmed, NOT_CONFIRMED } from '../confirmed.ts';
import { keptSize, readChecked, readCheckedAtOnce } from '../copy-bytes.ts';
import type { Copy, DeliveryRequest, Outcome } from '../port.ts';
import { type Deadlines, RECIPIENTS_MAX, SPOOL_GRACE_MS } from './limits.ts';
import { type Pool, type Protocol, tryServers } from './pool.ts';

/** Copies of one transaction, with their places in the request. */
export interface Group {
  readonly stamps: string;
  readonly copies: readonly { readonly copy: Copy; readonly place: number }[];
}

/**
 * Groups copies with the same stamps, up to 100 in a group. A group holds each address once, because servers (Dovecot,
 * for example) deliver one message for two RCPTs of the same address.
 */
export function groupCopies(copies: readonly Copy[]): readonly Group[] {
  const groups: { stamps: string; addresses: Set<string>; copies: { copy: Copy; place: number }[] }[] = [];
  // Groups that can take another copy, by stamps.
  const open = new Map<string, typeof groups>();
  for (const [place, copy] of copies.entries()) {
    const { stamps, target } = copy;
    const candidates = open.get(stamps) ?? [];
    let group = candidates.find((one) => one.copies.length < RECIPIENTS_MAX && !one.addresses.has(target.address));
    if (group === undefined) {
      group = { stamps, addresses: new Set(), copies: [] };
      groups.push(group);
      open.set(stamps, [...candidates, group]);
    }
    group.addresses.add(target.address);
    group.copies.push({ copy, place });
  }
  return groups;
}

/** One transaction of a delivery. */
export interface GroupRequest {
  readonly request: DeliveryRequest;
  readonly group: Group;
  readonly protocol: Protocol;
  readonly utf8: boolean;
  readonly deadlines: Deadlines;
}

/**
 * Delivers to the recipients of one transaction, at the first server that takes part. Outcomes in the group's order;
 * never rejects.
 */
export async function deliverGroup(
  pools: readonly Pool[],
  { request, group, protocol, utf8, deadlines }: GroupRequest,
): Promise<readonly Outcome[]> {
  const { signal, sender, content, omit } = request;
  const sizeBytes = Buffer.byteLength(group.stamps, 'utf8') + keptSize(content, omit);
  const message = {
    ...{ sender, sizeBytes, utf8, signal, deadlines },
    recipients: group.copies.map(({ copy }) => copy.target.address),
    body: () => readBody(group, request),
    replies: protocol === 'lmtp' ? ('each' as const) : ('one' as const),
    confirm: async () => {
      if (!(await isConfirmed(request))) throw new ConversationFault('ended', NOT_CONFIRMED);
    },
  };
  const trying = tryServers(pools, signal, (loan) => sendMessage(loan, message));
  try {
    const outcomes = await orSpoolTimeout(trying, signal, deadlines.endingGraceMs + SPOOL_GRACE_MS);
    return outcomes.map((one) => toOutcome(one, sizeBytes));
  } catch (error) {
    const detail = `${protocol}: ${error instanceof ConversationFault && signal.aborted ? 'delivery was ended' : describeFault(error)}`;
    return group.copies.map(() => ({ kind: 'delayed', detail }));
  }
}

/** The stamps and the message; the digest is checked at the end. Synchronous when the message is in memory. */
export function readBody(
  { stamps }: Pick<Group, 'stamps'>,
  { content, omit }: Pick<DeliveryRequest, 'content' | 'omit'>,
): AsyncIterable<Buffer> | Iterable<Buffer> {
  const head = Buffer.from(stamps, 'utf8');
  const chunks = readCheckedAtOnce(content, omit);
  return chunks === undefined ? withHead(head, readChecked(content, omit)) : withHeadAtOnce(head, chunks);
}

async function* withHead(head: Buffer, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  yield* chunks;
}

function* withHeadAtOnce(head: Buffer, chunks: Iterable<Buffer>): Generator<Buffer> {
  yield head;
  yield* chunks;
}

/** The store counts the used octets: Dovecot's `quota_clone` writes them, so we must not add them again. */
function toOutcome(outcome: RecipientOutcome, bytes: number): Outcome {
  switch (outcome.kind) {
    case 'taken':
      return { kind: 'stored', bytes, counted: true };
    case 'objected':
      return isRefusal(outcome.reply)
        ? { kind: 'refused', text: outcome.reply.text }
        : { kind: 'delayed', detail: `the store says ${quoteReply(outcome.reply)}` };
    case 'uncertain':
      return { kind: 'delayed', detail: `it is not known whether the store has the message: ${outcome.why}`, uncertain: true };
  }
}

/**
 * Rejects when the promise has not settled `graceMs` after the end of the delivery. Every step that waits for a server
 * has its own deadline; only reading the spool can take longer, and in that case the final dot was not sent.
 */
function orSpoolTimeout<T>(promise: Promise<T>, signal: Cancellation, graceMs: number): Promise<T> {
  return withGrace(promise, signal, graceMs, () => {
    throw new ConversationFault('ended', 'the spool did not answer');
  });
}
