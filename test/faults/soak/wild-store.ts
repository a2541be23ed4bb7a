import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, HandedOver, Script, Treatment } from '../store/treatment.ts';
import { drawOne, type Random, within } from './plan.ts';

/** Of 256 mailboxes so many are full for a message, each time that it comes. */
const FULL_OF_256 = 5;

type Manner = (message: HandedOver) => Treatment;

/** A store that is mostly well. `tell` hears of what it does otherwise. */
export function wildScript(random: Random, tell: (what: string) => void): Script {
  const some = (message: HandedOver, share: number, answer: Answer) =>
    message.recipients.map((mailbox): Answer => (isFull(message, mailbox) ? 'full' : random() < share ? answer : 'takes'));
  const well: Manner = (message) => ({ answers: some(message, 0, 'takes') });
  const manners: readonly (readonly [number, Manner])[] = [
    [900, well],
    [30, (message) => told('store: 451 for some', { answers: some(message, 0.5, 'delays') })],
    [20, (message) => told('store: closes after some replies', closing(message))],
    [20, (message) => told('store: says it late', { ...well(message), before: () => pause(within([50, 1_500], random)) })],
    [10, (message) => told('store: closes late', { ...closing(message), before: () => pause(within([50, 1_500], random)) })],
    [10, (message) => told('store: an octet at a time', { ...well(message), octetEveryMs: 5 })],
  ];
  const closing = (message: HandedOver): Treatment => ({
    ...well(message),
    says: Math.floor(random() * message.recipients.length),
    afterwards: 'close',
  });
  const told = (what: string, treatment: Treatment): Treatment => {
    tell(what);
    return treatment;
  };
  return (message) => drawOne(manners, random)(message);
}

/** Always the same for a message and a mailbox: what was stored there once cannot be refused later. */
function isFull({ token = '' }: HandedOver, mailbox: string): boolean {
  return (createHash('sha256').update(`${token} ${mailbox}`).digest()[0] ?? 0) < FULL_OF_256;
}
