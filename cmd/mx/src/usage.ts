import type { Site } from '@vratny/config';
import { createUsageBatch, type UsageBatch, type UsageChange } from '@vratny/directory';
import type { MxServerOptions } from '@vratny/receiving';
import { USAGE_TELL_MS, USAGE_WAITING_MAX } from './limits.ts';

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
