import { createMemoryState } from '@vratny/state/memory';
import { serve, type Wishes } from '../mx.fixture.ts';
import { createScriptedStore } from '../store.fixture.ts';

/** The mailbox of `alice`. */
export const ALICE = 'alice@example.test';
const START = Date.parse('2026-05-04T03:02:01Z');

/** A host with a store whose answers are scripted, and a clock. */
export async function host(wishes: Wishes = {}, store = createScriptedStore()) {
  let at = START;
  const served = await serve({ delivery: store, now: () => new Date(at), ...wishes });
  const pass = (ms: number) => {
    at += ms;
  };
  return { ...served, store, copies: () => store.copies(ALICE), pass };
}

/** State that stops answering when told to; what it was asked by then is done. */
export function dyingState() {
  const { ledger, lease } = createMemoryState();
  let dead = false;
  const orSilence = <T>(work: () => Promise<T>): Promise<T> => (dead ? new Promise<T>(() => undefined) : work());
  return {
    die: () => {
      dead = true;
    },
    revive: () => {
      dead = false;
    },
    parts: {
      ledger: {
        read: (...args: Parameters<typeof ledger.read>) => orSilence(() => ledger.read(...args)),
        add: (...args: Parameters<typeof ledger.add>) => orSilence(() => ledger.add(...args)),
        drop: (...args: Parameters<typeof ledger.drop>) => orSilence(() => ledger.drop(...args)),
      },
      lease: {
        begin: (...args: Parameters<typeof lease.begin>) => orSilence(() => lease.begin(...args)),
        finish: (...args: Parameters<typeof lease.finish>) => orSilence(() => lease.finish(...args)),
        release: (...args: Parameters<typeof lease.release>) => orSilence(() => lease.release(...args)),
      },
    },
  };
}
