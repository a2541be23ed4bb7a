import { parseAddress } from '@vratny/smtp';
import type { Destination, Directory } from '../port.ts';
import type { Register } from '../register.ts';

/** An empty directory for one test: both halves see the same rows. */
export interface Opened {
  readonly directory: Directory;
  readonly register: Register;
  /** Closes both and removes what was made. */
  cleanUp(): Promise<void>;
}

/** Opens an empty directory whose clock is `now`. */
export type OpenDirectory = (now: () => Date) => Promise<Opened>;

/** Who the suites say they are. */
export const ACTOR = 'test:contract';

/** The time at which all suites begin. */
export const START = new Date('2026-01-01T00:00:00Z');

/** Runs a test with an empty directory and cleans up after it. */
export async function withOpened(open: OpenDirectory, test: (opened: Opened) => Promise<void>): Promise<void> {
  const opened = await open(() => START);
  try {
    await test(opened);
  } finally {
    await opened.cleanUp();
  }
}

/** Asks for the destination of a written address, as the server would. */
export async function ask(directory: Directory, written: string): Promise<Destination> {
  const address = parseAddress(written, { utf8: true });
  if (typeof address === 'string') throw new Error(`the test's own address ${written} is wrong: ${address}`);
  return directory.findDestination(address);
}

/** A destination in one line: `unknown`, `elsewhere`, or the mailboxes in order. */
export async function answer(directory: Directory, written: string): Promise<string> {
  const destination = await ask(directory, written);
  return destination.kind === 'mailboxes' ? destination.mailboxes.map((mailbox) => mailbox.address).join(' ') : destination.kind;
}
