import { type Delay, isObjection, type Objection, type Reply, type Success } from '@vratny/smtp';
import type { SingleReply } from '../answer.ts';
import type { Fate } from './fates.ts';

const ALL_DELAYED: Delay = '451 4.3.0 the mailbox store did not take the message, please try again later';
const SOME_DELAYED: Delay = '451 4.3.0 the mailbox store did not take the message for every recipient, please try again later';

/**
 * One reply for all recipients. When the store took some copies and not others the sender has to come back; a permanent refusal is passed on only
 * when nobody got the message.
 */
export function replyToAll(id: string, fates: readonly Fate[]): SingleReply {
  const [first] = fates;
  if (first === undefined) return singleReply(id, ALL_DELAYED);
  return singleReply(id, areAlike(fates) ? replyTo(id, first) : SOME_DELAYED);
}

/** True when one reply is true for all: all have it, all wait, or all are refused. */
export function areAlike(fates: readonly Fate[]): boolean {
  return new Set(fates.map(({ kind }) => kind)).size <= 1;
}

/**
 * The replies of PRDR, where they are not all the same: 353, one for each accepted RCPT command in their order, and one for the message
 * (draft-hall-prdr-00). The last one is 250 when anybody has the message, so that it takes nothing back.
 */
export function repliesToEach(id: string, fates: readonly Fate[]): readonly SingleReply[] | undefined {
  const each = fates.map((fate) => replyTo(id, fate));
  if (new Set(each).size <= 1) return undefined;
  const someStored = fates.some(({ kind }) => kind === 'stored');
  const last = someStored ? singleReply(id, `250 2.0.0 ${id} is done, and each recipient has a reply of its own`) : replyToAll(id, fates);
  return [
    { reply: '353 the recipients end differently: a reply for each of them follows' },
    ...each.map((one) => singleReply(id, one)),
    last,
  ];
}

function replyTo(id: string, fate: Fate): Success | Objection {
  switch (fate.kind) {
    case 'stored':
      return `250 2.0.0 stored as ${id}`;
    case 'refused':
      return fate.reply;
    case 'delayed':
      return ALL_DELAYED;
  }
}

/** Objections carry a receipt. */
function singleReply(id: string, reply: Reply): SingleReply {
  return isObjection(reply) ? { reply, receipt: id } : { reply };
}
