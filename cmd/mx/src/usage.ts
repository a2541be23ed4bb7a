import type { Site } from '@vratny/config';
import { createUsageBatch, type Register, type UsageBatch, type UsageChange } from '@vratny/directory';
import type { MxServerOptions } from '@vratny/receiving';
import { describeError } from '@vratny/text';
import { USAGE_BATCH, USAGE_TELL_MS, USAGE_WAITING_MAX, USAGE_WRITE_MS } from './limits.ts';

/** Gathers how much mailboxes hold, of as many as may wait. */
export function createBoundedUsage(onFault: (detail: string) => void): UsageBatch {
  return createUsageBatch(USAGE_WAITING_MAX, (address) =>
    onFault(
      `more than ${USAGE_WAITING_MAX} mailboxes wait for their octets to be written: those of ${address} are left out until its next count`,
    ),
  );
}

/**
 * What a worker does with the octets of what it stored: it gathers them, and tells them a few times a second. With LMTP servers alone the stores count for
 * themselves, and the databases of others have their own counts.
 */
export function gatherUsage(
  { delivery, directory }: Pick<Site, 'delivery' | 'directory'>,
  stores: readonly string[],
  { tell, onFault }: { readonly tell: (changes: readonly UsageChange[]) => void; readonly onFault: (detail: string) => void },
): MxServerOptions['usage'] & { close(): void } {
  const counts = delivery.kind === 'maildir' || stores.some((store) => store.startsWith('maildir:'));
  const nothing = async (): Promise<void> => undefined;
  if (!counts || directory.kind === 'adopted') return { addUsage: nothing, setUsage: nothing, close: () => undefined };
  const batch = createBoundedUsage(onFault);
  const flush = (): void => {
    if (!batch.isEmpty()) tell(batch.take());
  };
  const telling = setInterval(flush, USAGE_TELL_MS).unref();
  return {
    addUsage: async (address, bytes) => batch.added(address, bytes),
    setUsage: async (address, bytes) => batch.counted(address, bytes),
    close: () => {
      clearInterval(telling);
      flush();
    },
  };
}

/** Writes what workers stored into the register. */
export interface UsageWriter {
  write(changes: readonly UsageChange[]): void;
  /** Writes what waits, now. Never rejects. */
  flush(): Promise<void>;
  /** Writes what waits, and ends. Never rejects. */
  close(): Promise<void>;
}

/** Writes once a second, many mailboxes in one transaction; what cannot be written waits for the next time. */
export function createUsageWriter(
  openRegister: () => Promise<Pick<Register, 'writeUsage' | 'close'>>,
  onFault: (detail: string) => void,
): UsageWriter {
  const batch = createBoundedUsage(onFault);
  let register: Pick<Register, 'writeUsage' | 'close'> | undefined;
  let writing: Promise<void> | undefined;
  const writeAll = async (): Promise<void> => {
    if (batch.isEmpty()) return;
    let left = batch.take();
    try {
      register ??= await openRegister();
      while (left.length > 0) {
        await register.writeUsage(left.slice(0, USAGE_BATCH));
        left = left.slice(USAGE_BATCH);
      }
    } catch (error) {
      batch.merge(left, 'before');
      onFault(`how much mailboxes hold was not written: ${describeError(error)}`);
    }
  };
  const flush = (): Promise<void> => {
    writing ??= writeAll().finally(() => {
      writing = undefined;
    });
    return writing;
  };
  const ticking = setInterval(() => void flush(), USAGE_WRITE_MS).unref();
  return {
    write: (changes) => batch.merge(changes),
    flush,
    close: async () => {
      clearInterval(ticking);
      await writing;
      await flush();
      await register?.close();
    },
  };
}
