import { isIPv4, isIPv6 } from 'node:net';

/** A DNS server. */
export interface DnsServer {
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
  /** For the log: `192.0.2.1:53` or `[2001:db8::1]:53`. */
  readonly label: string;
}

/** Reads `ip`, `ip:port`, `[v6]:port` or `[v6]`; undefined when it is none of them. The port is 53 when not given. */
export function parseDnsServer(written: string): DnsServer | undefined {
  if (isIPv6(written)) return server(written, 6, '53');
  const bracketed = /^\[([^[\]]+)\](?::(\d{1,5}))?$/u.exec(written);
  if (bracketed !== null) return isIPv6(bracketed[1] ?? '') ? server(bracketed[1] ?? '', 6, bracketed[2] ?? '53') : undefined;
  const [address = '', port = '53', ...rest] = written.split(':');
  return isIPv4(address) && rest.length === 0 ? server(address, 4, port) : undefined;
}

function server(address: string, family: 4 | 6, written: string): DnsServer | undefined {
  const port = /^\d{1,5}$/u.test(written) ? Number(written) : 0;
  if (port < 1 || port > 65_535) return undefined;
  return { address, family, port, label: family === 6 ? `[${address}]:${port}` : `${address}:${port}` };
}
