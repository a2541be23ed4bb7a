import { isIPv4, isIPv6, type Socket } from 'node:net';
import { type Delay, encodeReply } from '@vratny/smtp';
import { PROXY_HEADER_MAX_BYTES, REFUSED_LINGER_MS } from '../limits.ts';

/** The client of a proxied connection. */
export interface ProxiedClient {
  readonly ip: string | undefined;
  readonly port: number | undefined;
  /** The connection is the proxy's own health check: it is answered, and not a mail client. */
  readonly local: boolean;
  /** Address of the proxy. */
  readonly through: string;
  /** Length of the header in octets. */
  readonly headerBytes: number;
}

/** A connection of a proxy whose header has not been read to its end. */
export interface PendingHeader {
  /** Stops waiting and sends a reply. */
  refuse(reply: Delay): void;
}

/** Called once, unless the proxy closed the connection without a header. */
interface HeaderListener {
  /** Data after the header is put back into the socket. */
  onClient(client: ProxiedClient): void;
  onRefusal(reply: Delay, why: string): void;
}

/**
 * Reads the PROXY header of a connection that must begin with one. A connection without one is closed with 421: a proxy
 * that sends none is misconfigured, and no mail may bounce for that.
 */
export function readHeader(socket: Socket, deadlineMs: number, listener: HeaderListener): PendingHeader {
  const through = socket.remoteAddress ?? '';
  let octets = Buffer.alloc(0);
  const stop = () => {
    clearTimeout(timer);
    socket.off('readable', look).off('end', leave).off('close', stop).off('error', leave);
    // There is no other listener yet, and an unhandled error would end the process.
    socket.on('error', ignore);
  };
  const refuse = (reply: Delay, why: string) => {
    stop();
    refuseSocket(socket, reply);
    listener.onRefusal(reply, why);
  };
  const leave = () => {
    stop();
    socket.destroy();
  };
  const look = () => {
    for (let chunk = take(socket); chunk !== null; chunk = take(socket)) {
      octets = Buffer.concat([octets, chunk]);
      const reading = parseHeader(octets);
      if (reading.kind === 'more') continue;
      if (reading.kind !== 'header') return refuse(...objectionTo(reading, through));
      stop();
      socket.off('error', ignore);
      if (octets.length > reading.bytes) socket.unshift(octets.subarray(reading.bytes));
      return listener.onClient(clientOf(reading.header, reading.bytes, socket));
    }
  };
  const timer = setTimeout(
    () => refuse(`421 4.4.2 no PROXY header came from ${through} in time`, `${octets.length} octets of a PROXY header came in time`),
    deadlineMs,
  );
  socket.on('readable', look).on('end', leave).on('close', stop).on('error', leave);
  return { refuse: (reply) => refuse(reply, reply) };
}

function take(socket: Socket): Buffer | null {
  const chunk: unknown = socket.read();
  return Buffer.isBuffer(chunk) ? chunk : null;
}

function objectionTo(reading: Extract<HeaderReading, { kind: 'none' | 'malformed' }>, through: string): [reply: Delay, why: string] {
  if (reading.kind === 'none')
    return [`421 4.7.0 a connection from ${through} begins with a PROXY header here`, 'there was no PROXY header'];
  return [`421 4.7.0 the PROXY header from ${through} is malformed`, `the PROXY header is malformed: ${reading.why}`];
}

function clientOf(header: ProxyHeader, headerBytes: number, socket: Socket): ProxiedClient {
  const through = socket.remoteAddress ?? '';
  if (header.kind !== 'client') return { ip: undefined, port: undefined, local: header.kind === 'local', through, headerBytes };
  // Health checks in version 1, which has no LOCAL, come from the proxy's own address.
  const local = header.ip === through.replace(/^::ffff:/u, '');
  return { ip: header.ip, port: header.port, local, through, headerBytes };
}

/**
 * The reply to a PROXY header from an address that is no proxy. With 5xx, mail through a proxy that the site file
 * forgot would bounce.
 */
export function headerRefused(ip: string): Delay {
  return `421 4.7.0 no PROXY header is taken from ${ip}`;
}

/** Refuses a client that has no session, and closes. Further input is dropped, so that the reply can be read. */
export function refuseSocket(socket: Socket, reply: Delay): void {
  socket.on('error', ignore);
  const timer = setTimeout(() => socket.destroy(), REFUSED_LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.end(encodeReply(reply));
  socket.resume();
}

function ignore(): void {
  // The close event follows.
}

/**
 * The content of a PROXY header (HAProxy's protocol, versions 1 and 2). `client`: the connection is relayed for this
 * client. `local`: it is the proxy's own, a health check. `unknown`: it is relayed, and the proxy does not know the
 * client (UNKNOWN, UNSPEC, a UNIX socket, datagrams).
 */
type ProxyHeader =
  | { readonly kind: 'client'; readonly ip: string; readonly port: number }
  | { readonly kind: 'local' }
  | { readonly kind: 'unknown' };

/** The result of reading the first octets. `more`: not enough octets. `none`: no header begins like this. */
type HeaderReading =
  | { readonly kind: 'more' }
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed'; readonly why: string }
  | { readonly kind: 'header'; readonly header: ProxyHeader; readonly bytes: number };

const MORE: HeaderReading = { kind: 'more' };
const NONE: HeaderReading = { kind: 'none' };

/** Version 1 begins with this. */
const LINE_START = Buffer.from('PROXY ', 'latin1');
/** The longest line of version 1, with CR and LF (section 2.1). */
const LINE_MAX_BYTES = 107;
/** Version 2 begins with this (section 2.2). */
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** Signature, version and command, family and protocol, length. */
const FIXED_BYTES = 16;

/** Octets that are enough to tell whether a connection begins with a header. */
export const HEADER_START_BYTES = SIGNATURE.length;

/** True when these octets begin with a header of either version, complete or not. */
export function startsWithHeader(octets: Buffer): boolean {
  return startsWith(octets, LINE_START) || startsWith(octets, SIGNATURE);
}

/**
 * Reads the header at the beginning of a connection. Never throws. The result does not depend on how the octets were
 * split.
 */
export function parseHeader(octets: Buffer): HeaderReading {
  if (startsWith(octets, LINE_START)) return parseLine(octets);
  if (startsWith(octets, SIGNATURE)) return parseBinary(octets);
  return startsWith(LINE_START, octets) || startsWith(SIGNATURE, octets) ? MORE : NONE;
}

function startsWith(octets: Buffer, start: Buffer): boolean {
  return octets.length >= start.length && octets.subarray(0, start.length).equals(start);
}

function malformed(why: string): HeaderReading {
  return { kind: 'malformed', why };
}

function parseLine(octets: Buffer): HeaderReading {
  const text = octets.toString('latin1', 0, LINE_MAX_BYTES);
  const end = text.search(/[\r\n]/u);
  // A CR may be the last octet received so far; LF without CR, or CR without LF, ends no line.
  if (end === -1 || (text.charAt(end) === '\r' && end === text.length - 1)) {
    return octets.length < LINE_MAX_BYTES ? MORE : malformed(`no CR and LF within ${LINE_MAX_BYTES} octets`);
  }
  if (!text.startsWith('\r\n', end)) return malformed('the line does not end with CR and LF');
  const header = parseWords(text.slice(0, end));
  return typeof header === 'string' ? malformed(header) : { kind: 'header', header, bytes: end + 2 };
}

function parseWords(line: string): ProxyHeader | string {
  // The rest of the line is to be ignored.
  if (line === 'PROXY UNKNOWN' || line.startsWith('PROXY UNKNOWN ')) return { kind: 'unknown' };
  const [, family, source = '', destination = '', sourcePort = '', destinationPort = '', ...rest] = line.split(' ');
  if (family !== 'TCP4' && family !== 'TCP6') return 'the protocol is none of TCP4, TCP6 and UNKNOWN';
  const isAddress = family === 'TCP4' ? isIPv4 : isPlainIPv6;
  if (!isAddress(source) || !isAddress(destination)) return `an address is not one of ${family}`;
  if (!isPort(sourcePort) || !isPort(destinationPort) || rest.length > 0) return 'the ports are not two numbers up to 65535';
  return { kind: 'client', ip: plainAddress(source), port: Number(sourcePort) };
}

/** Without a zone, which Node accepts as a part of the address. */
function isPlainIPv6(text: string): boolean {
  return isIPv6(text) && !text.includes('%');
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/u.test(text) && Number(text) <= 65_535;
}

/** In the form of RFC 5952, in which addresses are compared; an IPv4-mapped address becomes IPv4. */
function plainAddress(ip: string): string {
  if (isIPv4(ip)) return ip;
  const short = new URL(`http://[${ip}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/u.exec(short) ?? [];
  if (high === undefined || low === undefined) return short;
  const bits = Number.parseInt(high, 16) * 0x1_0000 + Number.parseInt(low, 16);
  return [bits >>> 24, (bits >>> 16) & 0xff, (bits >>> 8) & 0xff, bits & 0xff].join('.');
}

const LOCAL = 0x20;
const PROXY = 0x21;
/** Octets of both addresses and ports, by the family in the high four bits. */
const ADDRESS_BYTES: ReadonlyMap<number, number> = new Map([
  [0, 0],
  [1, 12],
  [2, 36],
  [3, 216],
]);
const STREAM = 1;
const PROTOCOL_MAX = 2;

function parseBinary(octets: Buffer): HeaderReading {
  const command = octets[12];
  if (command !== undefined && command !== LOCAL && command !== PROXY) return malformed('the version is not 2, or the command is unknown');
  if (octets.length < FIXED_BYTES) return MORE;
  const bytes = FIXED_BYTES + octets.readUInt16BE(14);
  if (bytes > PROXY_HEADER_MAX_BYTES) return malformed(`the header is longer than ${PROXY_HEADER_MAX_BYTES} octets`);
  if (octets.length < bytes) return MORE;
  const whole = octets.subarray(0, bytes);
  const header = command === LOCAL ? readLocal(whole) : readProxied(whole);
  return typeof header === 'string' ? malformed(header) : { kind: 'header', header, bytes };
}

/** The address block of LOCAL is to be ignored; a checksum in it must be right. */
function readLocal(whole: Buffer): ProxyHeader | string {
  const problem = checkExtensions(whole, FIXED_BYTES);
  return problem === WRONG_CHECKSUM ? problem : { kind: 'local' };
}

function readProxied(whole: Buffer): ProxyHeader | string {
  const family = whole.readUInt8(13) >> 4;
  const protocol = whole.readUInt8(13) & 0x0f;
  const addressBytes = ADDRESS_BYTES.get(family);
  if (addressBytes === undefined || protocol > PROTOCOL_MAX) return 'the family or the protocol is unknown';
  const extensionsAt = FIXED_BYTES + addressBytes;
  if (whole.length < extensionsAt) return 'the addresses are cut off';
  const problem = checkExtensions(whole, extensionsAt);
  // UNSPEC has no addresses; their place is to be ignored.
  if (problem !== undefined && (family !== 0 || problem === WRONG_CHECKSUM)) return problem;
  if (protocol !== STREAM || family === 0 || family === 3) return { kind: 'unknown' };
  return family === 1
    ? { kind: 'client', ip: whole.subarray(16, 20).join('.'), port: whole.readUInt16BE(24) }
    : { kind: 'client', ip: plainAddress(formatIPv6(whole.subarray(16, 32))), port: whole.readUInt16BE(48) };
}

function formatIPv6(octets: Buffer): string {
  return Array.from({ length: 8 }, (_, i) => octets.readUInt16BE(i * 2).toString(16)).join(':');
}

const EXTENSION_HEAD_BYTES = 3;
const CRC32C = 0x03;
const CRC32C_BYTES = 4;
const WRONG_CHECKSUM = 'the checksum is wrong';

/**
 * Walks the type-length-value extensions and verifies the checksum among them (section 2.2.3); the others are passed
 * over.
 */
function checkExtensions(whole: Buffer, from: number): string | undefined {
  let checksumAt: number | undefined;
  for (let at = from; at < whole.length; ) {
    if (whole.length - at < EXTENSION_HEAD_BYTES) return 'an extension is cut off';
    const valueAt = at + EXTENSION_HEAD_BYTES;
    const valueBytes = whole.readUInt16BE(at + 1);
    if (valueAt + valueBytes > whole.length) return 'an extension is cut off';
    if (whole[at] === CRC32C) {
      if (valueBytes !== CRC32C_BYTES || checksumAt !== undefined) return 'the checksum is not one of four octets';
      checksumAt = valueAt;
    }
    at = valueAt + valueBytes;
  }
  if (checksumAt === undefined) return undefined;
  const zeroed = Buffer.from(whole);
  zeroed.fill(0, checksumAt, checksumAt + CRC32C_BYTES);
  return crc32c(zeroed) === whole.readUInt32BE(checksumAt) ? undefined : WRONG_CHECKSUM;
}

/** Castagnoli's polynomial, reflected. */
const POLYNOMIAL = 0x82f6_3b78;

const CHECKSUM_TABLE = Uint32Array.from({ length: 256 }, (_, octet) => {
  let value = octet;
  for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? POLYNOMIAL : 0);
  return value;
});

/**
 * CRC32c (RFC 4960, appendix B; RFC 3720 §12.1): `node:zlib` has only the CRC-32 of gzip, which is another polynomial.
 */
export function crc32c(octets: Uint8Array): number {
  let value = 0xffff_ffff;
  for (const octet of octets) value = (value >>> 8) ^ (CHECKSUM_TABLE[(value ^ octet) & 0xff] ?? 0);
  return ~value >>> 0;
}
