import { STATE_MS } from '../limits.ts';
import type { Session } from '../session.ts';

/** What shared state said, if it said it in time. */
export type Told<T> = { readonly known: true; readonly value: T } | { readonly known: false };

/** Waits for shared state, at most {@link STATE_MS}. A fault or silence is written down once and is not known. Never rejects. */
export async function stateInTime<T>(session: Session, asked: Promise<T>): Promise<Told<T>> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${STATE_MS} ms`)), STATE_MS);
  });
  try {
    return { known: true, value: await Promise.race([asked, silence]) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    session.options.journal.record({ kind: 'fault', where: 'state', detail, session: session.id });
    return { known: false };
  } finally {
    clearTimeout(timer);
  }
}
