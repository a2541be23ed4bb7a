import { isIP } from 'node:net';
import { mustBe, quote, type Reading, read, wrong } from './reading.ts';

/** Where something listens. */
export interface Endpoint {
  /** A host name or an IP address, an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/u;

/** Reads `HOST:PORT`, `192.0.2.1:25` or `[2001:db8::1]:25`; the port may be left out when there is a usual one. */
export function parseEndpoint(text: string, usualPort?: number): Reading<Endpoint> {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/u.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || !isHost(host, bracketed !== undefined)) return mustBe('HOST:PORT', text);
  const port = digits === undefined ? usualPort : Number(digits);
  if (port === undefined) return wrong(`needs a port, as in ${text}:8080`);
  return port > 65_535 ? wrong(`has a port above 65535: ${quote(text)}`) : read({ host: host.toLowerCase(), port });
}

function isHost(host: string, bracketed: boolean): boolean {
  if (bracketed) return isIP(host) === 6;
  // All digits and dots is an address or a slip, never a name.
  return /^[\d.]+$/u.test(host) ? isIP(host) === 4 : HOST_NAME.test(host);
}

/** An endpoint as it is written: `192.0.2.1:25`, `[2001:db8::1]:25`. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
