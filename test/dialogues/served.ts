import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Register } from '@vratny/directory';
import { parseDialogue } from '@vratny/support/dialogue/parse';
import { play } from '@vratny/support/dialogue/play';
import type { Transport } from '@vratny/support/dialogue/transport';
import { readMaildir } from '@vratny/support/maildir';
import { openClient, type SmtpClient } from '@vratny/support/smtp-client';
import { BROKEN_MAILBOX, FILLING, FULL_MAILBOX_HOST, fillMailbox } from '@vratny/support/world';

/** A host of the world that listens, whoever runs it. */
export interface ListeningHost {
  readonly host: string;
  readonly port: number;
  readonly mailFolder: string;
  readonly register: Register;
  /** Keeps the server from accepting while `work` runs, so that what a client says then was surely said before the greeting. */
  readonly held?: (work: () => Promise<SmtpClient>) => Promise<SmtpClient>;
}

/** Brings the host's mailboxes into the state that dialogues expect, and returns the way to it. */
export async function serveWorld(listening: ListeningHost): Promise<Transport> {
  const { host, port, mailFolder, register, held } = listening;
  const transport: Transport = {
    connect: (early) => (early.length > 0 && held !== undefined ? held(() => openClient(port, { early })) : openClient(port, { early })),
    stored: async (mailbox) => readMaildir(mailFolder, mailbox).map((message) => Buffer.from(message, 'latin1').toString('utf8')),
  };
  breakMailbox(mailFolder);
  if (host === FULL_MAILBOX_HOST) {
    await play(parseDialogue('world', FILLING), transport);
    await fillMailbox(register);
  }
  return transport;
}

function breakMailbox(mailFolder: string): void {
  const [local = '', domain = ''] = BROKEN_MAILBOX.split('@');
  mkdirSync(join(mailFolder, domain), { recursive: true });
  writeFileSync(join(mailFolder, domain, local), 'no folder\n');
}
