import { type Delay, EXTENSIONS, encodeLines, encodeReply, type Offer, type Success } from '@vratny/smtp';
import type { TarpitOptions } from './options.ts';

/** What every command gets. RFC 3463 §3.4: X.3.2, the system takes no messages now. */
export const LATER: Delay = '451 4.3.2 this host takes no mail now, please try again later, beginning with the most preferred host';

/** QUIT, and the last command of a session. RFC 5321 §3.8: who says 421 closes. */
export const GO: Delay = '421 4.3.2 nothing was taken, please try again later, beginning with the most preferred host';

/** A session that has lasted long enough. */
export const ENOUGH: Delay = '421 4.3.2 this session has lasted long enough, please try again later';

/** More clients than this host holds. */
export const FULL: Delay = '421 4.3.2 this host has all the connections it can hold, please try again later';

/** More connections of one client than are taken. */
export const CROWDED: Delay = '421 4.7.0 too many connections from your address, please try again later';

/** Shutdown. */
export const GOING_DOWN: Delay = '421 4.3.2 this host is going down, please connect again';

/** QUIT, where the tarpit speaks as a mail server. */
export const GOODBYE = '221 2.0.0 goodbye' satisfies Success;

/** STARTTLS (RFC 3207 §4). */
export const START_TLS: Success = '220 2.0.0 go ahead with TLS';

/** The greeting (RFC 5321 §4.3.1). */
export function greeting(options: TarpitOptions): string {
  return encodeReply(`220 ${options.hostName} ESMTP Vratny`);
}

/** HELO's answer, where the tarpit speaks as a mail server (RFC 5321 §4.1.1.1). */
export function heloReply(options: TarpitOptions): string {
  return encodeReply(`250 ${options.hostName}`);
}

/** EHLO's answer, where the tarpit speaks as a mail server (RFC 5321 §4.1.1.1). */
export function ehloReply(options: TarpitOptions, offer: Offer): string {
  // A client that pipelines BDAT would send its message at once, and each line of it would be a command here.
  const offered = EXTENSIONS.filter(({ keyword }) => keyword !== 'CHUNKING');
  const keywords = offered.map((extension) => extension.advertise(offer)).filter((line) => line !== undefined);
  return encodeLines(250, [options.hostName, ...keywords]);
}
