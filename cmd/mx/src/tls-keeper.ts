import { randomBytes } from 'node:crypto';
import { findOutOfDate, findRunningOut, readTls, type TlsMaterial, type TlsWatch, termsOf, watchTls } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import type { Journal } from '@vratny/journal';
import type { TlsSettings } from '@vratny/server';
import { EXPIRY_LOOK_MS, TICKET_KEY_BYTES, TICKET_KEY_MS } from './limits.ts';

/** What a worker is told of TLS, as it goes over IPC. */
export interface TlsHandout extends TlsMaterial {
  /** Base 64. */
  readonly ticketKeys: string;
}

/** The handout as the server takes it. */
export function tlsSettings({ ticketKeys, ...material }: TlsHandout): TlsSettings {
  return { ...material, ticketKeys: Buffer.from(ticketKeys, 'base64') };
}

/**
 * Certificates and session ticket keys of a host, kept by its one process that outlives all others: so that all workers show the same, a worker
 * that is started again while a renewal is half done gets what is good, and a session of one worker is resumed by every other. Ticket keys are
 * never written anywhere, and replaced after {@link TICKET_KEY_MS}: whoever gets at one opens no connection from before.
 */
export class TlsKeeper {
  readonly #journal: Pick<Journal, 'record'>;
  readonly #onChange: () => void;
  readonly #timers: readonly NodeJS.Timeout[];
  #site: Site;
  #material: TlsMaterial | undefined;
  #ticketKeys = newTicketKeys();
  #watch: TlsWatch | undefined;

  /** `onChange` is called when the handout is another one. @throws StartProblem when the site's certificates cannot be used */
  constructor(site: Site, journal: Pick<Journal, 'record'>, onChange: () => void) {
    this.#journal = journal;
    this.#onChange = onChange;
    this.#site = site;
    this.use(site);
    this.#timers = [
      setInterval(() => this.#rotate(), TICKET_KEY_MS).unref(),
      setInterval(() => this.#noticeExpiry(), EXPIRY_LOOK_MS).unref(),
    ];
  }

  /** Undefined when the site has no certificate. */
  get handout(): TlsHandout | undefined {
    return this.#material === undefined ? undefined : { ...this.#material, ticketKeys: this.#ticketKeys };
  }

  /** Goes over to another site file; what it returns goes back. @throws StartProblem when its certificates cannot be used; then nothing has changed */
  use(site: Site): () => void {
    const [siteBefore, materialBefore] = [this.#site, this.#material];
    this.#show(site, readTls(site));
    return () => this.#show(siteBefore, materialBefore);
  }

  #show(site: Site, material: TlsMaterial | undefined): void {
    this.#watch?.close();
    this.#site = site;
    this.#material = material;
    this.#watch = this.#watchFiles();
    this.#noticeExpiry();
  }

  close(): void {
    this.#watch?.close();
    for (const timer of this.#timers) clearInterval(timer);
  }

  #watchFiles(): TlsWatch | undefined {
    const { tls } = this.#site;
    if (tls === undefined || this.#material === undefined) return undefined;
    const listener = {
      onRenewed: (material: TlsMaterial) => {
        this.#material = material;
        const detail = termsOf(tls, material).map(({ names, until }) => `${names} until ${until.toISOString()}`);
        this.#journal.record({ kind: 'process', what: 'certificate', detail: detail.join('; ') });
        this.#onChange();
      },
      onRefused: (problem: string) => {
        this.#alarm(`changed files are refused, the certificate from before stays in use: ${problem}`);
      },
    };
    return watchTls(tls, this.#material, listener, { now: () => new Date() });
  }

  #rotate(): void {
    this.#ticketKeys = newTicketKeys();
    if (this.#material !== undefined) this.#onChange();
  }

  /** Certificates whose renewal is overdue. */
  #noticeExpiry(): void {
    const { tls } = this.#site;
    if (tls === undefined || this.#material === undefined) return;
    const now = new Date();
    const lines = [...findOutOfDate(tls, this.#material, now), ...findRunningOut(tls, this.#material, now)];
    for (const line of lines) this.#alarm(line);
  }

  #alarm(detail: string): void {
    this.#journal.record({ kind: 'fault', where: 'tls', detail });
  }
}

function newTicketKeys(): string {
  return randomBytes(TICKET_KEY_BYTES).toString('base64');
}
