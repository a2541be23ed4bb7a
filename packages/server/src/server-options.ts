import type { Socket } from 'node:net';
import type { Host } from '@vratny/hosts';
import type { Journal } from '@vratny/journal';
import type { ByteBudget } from '@vratny/message';
import type { Policy, PolicySettings, Ports } from '@vratny/policy';
import type { Address } from '@vratny/smtp';
import type { Activity, Suspects } from './activity.ts';
import type { Admission } from './admission.ts';
import type { Service } from './service.ts';
import type { TlsSettings } from './tls/secure-contexts.ts';

/** Bounds that the site sets. */
export interface ServerLimits {
  /** Largest message in octets. */
  readonly messageMaxBytes: number;
  readonly recipientsMax: number;
  readonly connectionsMax: number;
  readonly connectionsPerIpMax: number;
  /** Refused recipients of one session, after which it is closed. */
  readonly failedRecipientsMax: number;
}

/** The options of a server. Nothing below reads the site file. */
export interface ServerOptions {
  readonly host: Host;
  readonly policy: Policy;
  readonly settings: PolicySettings;
  readonly limits: ServerLimits;
  readonly ports: Ports;
  /** Takes the mail. */
  readonly service: Service;
  readonly journal: Journal;
  /** Bytes of all messages in flight. */
  readonly inFlight: ByteBudget;
  /** Where messages above the memory bound are spooled. */
  readonly spoolDirectory: string;
  /** Free octets of the spool's disk; asked of the file system of `spoolDirectory` unless given. May reject. */
  readonly spoolFreeBytes?: () => Promise<number>;
  /** Where mail for a bare `<postmaster>` goes. */
  readonly postmaster: Address;
  /** Without it STARTTLS is not offered. */
  readonly tls: TlsSettings | undefined;
  /** The panel's address without a final slash, for receipts. */
  readonly panelUrl: string | undefined;
  /**
   * True for addresses of proxies: their connections begin with a PROXY header, and no others may. None unless given.
   */
  readonly proxies?: (ip: string) => boolean;
  /** How long a proxy has for its header, in milliseconds; 10,000 unless given. */
  readonly proxyHeaderMs?: number;
  /** TLS handshakes that may be unfinished at once; 128 unless given. */
  readonly handshakesMax?: number;
  /** Counts clients; by the limits, in this process alone, unless given. */
  readonly admission?: Admission;
  /** False when this process has no descriptor for a client, which is then refused. True unless given. */
  readonly hasRoom?: (socket: Socket) => boolean;
  /** Records which messages are worked on; nothing unless given. */
  readonly activity?: Activity;
  /** Messages during whose processing a process ended; none unless given. */
  readonly suspects?: Suspects;
  readonly now: () => Date;
  readonly monotonicMs: () => number;
}
