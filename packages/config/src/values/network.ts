import { BlockList, isIP } from 'node:net';
import { mustBe, quote, type Reading, read, wrong } from './reading.ts';

/** A range of IP addresses (RFC 4632 §3.1, RFC 4291 §2.3). */
export interface Network {
  readonly family: 'ipv4' | 'ipv6';
  /** Its first address. */
  readonly address: string;
  /** How many leading bits are fixed. */
  readonly prefix: number;
}

/** What is asked of whoever wrote something else. */
const EXPECTED = 'a network such as 192.0.2.0/24, 2001:db8::/32 or a single address';

/**
 * Reads `192.0.2.0/24`, `2001:db8::/32`, or one address. Bits set behind the prefix are refused: they are nearly always
 * a slip.
 */
export function parseNetwork(written: unknown): Reading<Network> {
  const text = typeof written === 'string' ? written : '';
  const [, address = '', digits] = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/u.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return mustBe(EXPECTED, written);
  const bits = version === 4 ? 32 : 128;
  const prefix = digits === undefined ? bits : Number(digits);
  if (prefix > bits) return wrong(`has a prefix above ${bits}: ${quote(text)}`);
  const network: Network = { family: version === 4 ? 'ipv4' : 'ipv6', address: address.toLowerCase(), prefix };
  return isFirstAddress(network) ? read(network) : wrong(`has bits set behind its prefix of ${prefix}: ${quote(text)}`);
}

/** True when no bit behind the prefix is set. */
function isFirstAddress({ family, address, prefix }: Network): boolean {
  const all = toBits(address, family);
  return !all.slice(prefix).includes('1');
}

function toBits(address: string, family: Network['family']): string {
  if (family === 'ipv4')
    return address
      .split('.')
      .map((octet) => Number(octet).toString(2).padStart(8, '0'))
      .join('');
  // A trailing dotted quad stands for two groups (RFC 4291 §2.2).
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/u, (_, a: string, b: string, c: string, d: string) => {
    const group = (high: string, low: string): string => (Number(high) * 256 + Number(low)).toString(16);
    return `${group(a, b)}:${group(c, d)}`;
  });
  const [head = '', tail] = plain.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const zeros = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  return [...groups(head), ...new Array<string>(zeros).fill('0'), ...groups(tail ?? '')]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('');
}

/** The networks as Node's own matcher, which also knows IPv4 addresses in IPv6 form. */
export function toBlockList(networks: readonly Network[]): BlockList {
  const list = new BlockList();
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family);
  return list;
}
