import type { Event } from '@vratny/journal';
import { type ListeningServer, listen } from '@vratny/server/testing';
import { connectTo, type SmtpClient } from '@vratny/support/smtp-client';
import { afterEach } from 'vitest';
import type { TarpitOptions, TarpitReplies } from './options.ts';
import { createTarpit, TARPIT_SOCKETS } from './tarpit.ts';

/** A tarpit whose clock and timer the test holds. */
export interface Served {
  readonly server: ListeningServer;
  readonly events: Event[];
  /** Lets time pass and has the tarpit look around. */
  readonly pass: (ms: number) => void;
  /** A client that has not read its greeting yet. */
  readonly client: (early?: string) => SmtpClient;
}

/** Speaks as a mail server without a certificate. */
export const MAIL: Extract<TarpitReplies, { kind: 'mail' }> = {
  kind: 'mail',
  offer: { messageMaxBytes: 1000, recipientsMax: 100, smtpUtf8: false },
  tls: undefined,
};

const open: { readonly server: ListeningServer; readonly clients: SmtpClient[] }[] = [];

afterEach(async () => {
  for (const { server, clients } of open.splice(0)) {
    for (const client of clients) client.socket.destroy();
    await server.drain(0);
  }
});

/** Starts one that answers at once unless told otherwise; it ends with the test. */
export async function serveTarpit(options: Partial<TarpitOptions> = {}): Promise<Served> {
  const events: Event[] = [];
  let nowMs = 0;
  let tick: () => void = () => undefined;
  const server = await listen(
    createTarpit({
      host: { role: 'secondary', letter: 'c' },
      hostName: 'mx1c20.thinline.example',
      replies: { kind: 'delays' },
      journal: { record: (event) => void events.push(event) },
      now: () => new Date('2026-05-04T03:02:01Z'),
      monotonicMs: () => nowMs,
      delayMs: 0,
      random: () => 0.5,
      every: (_ms, run) => {
        tick = run;
        return () => undefined;
      },
      ...options,
    }),
    { host: '127.0.0.1', port: 0 },
    TARPIT_SOCKETS,
  );
  const clients: SmtpClient[] = [];
  open.push({ server, clients });
  return {
    server,
    events,
    pass: (ms) => {
      nowMs += ms;
      tick();
    },
    client: (early) => {
      const client = connectTo(server.address.port, { early, halfOpen: true });
      clients.push(client);
      return client;
    },
  };
}

/** Looks again and again, each time after the event loop has turned; the test's own deadline ends it. */
export async function until(look: () => boolean): Promise<void> {
  while (!look()) await new Promise<void>((resolve) => setImmediate(resolve));
}
