import { StateFault } from '../port.ts';

/** A number in a reply, whichever way Redis wrote it. @throws StateFault */
export function toNumber(reply: unknown): number {
  const value = typeof reply === 'string' && reply !== '' ? Number(reply) : reply;
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new StateFault('a reply that is no number');
  return value;
}

/** A list in a reply. @throws StateFault */
export function toList(reply: unknown): readonly unknown[] {
  if (!Array.isArray(reply)) throw new StateFault('a reply that is no list');
  return reply;
}

/** Text in a reply. @throws StateFault */
export function toText(reply: unknown): string {
  if (typeof reply !== 'string') throw new StateFault('a reply that is no text');
  return reply;
}
