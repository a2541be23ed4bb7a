import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROXY_HEADER_MAX_BYTES } from '../limits.ts';
import { extension, header2, ipv4, ipv6, withChecksum } from './header.fixture.ts';
import { crc32c, parseHeader, startsWithHeader } from './read-header.ts';

const parse = (text: string | Buffer) => parseHeader(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
const client = (ip: string, port: number) => ({ kind: 'client', ip, port });
const TCP4 = ipv4('192.0.2.7', '10.0.0.1', 40_000, 25);
const TCP6 = ipv6('20010db8000000000000000000000007', 40_000);

describe('version 1', () => {
  it.each([
    ['PROXY TCP4 192.0.2.7 10.0.0.1 40000 25', client('192.0.2.7', 40_000)],
    ['PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535', client('255.255.255.255', 65_535)],
    ['PROXY TCP4 192.0.2.7 10.0.0.1 0 0', client('192.0.2.7', 0)],
    ['PROXY TCP6 2001:DB8:0:0::7 ::1 40000 25', client('2001:db8::7', 40_000)],
    ['PROXY TCP6 2001:0db8:0000:0000:0000:0000:0000:0007 0:0:0:0:0:0:0:1 1 25', client('2001:db8::7', 1)],
    ['PROXY TCP6 ::ffff:192.0.2.7 ::ffff:10.0.0.1 1 25', client('192.0.2.7', 1)],
    ['PROXY TCP6 ::ffff:c000:0207 ::1 1 25', client('192.0.2.7', 1)],
    ['PROXY UNKNOWN', { kind: 'unknown' }],
    ['PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535', { kind: 'unknown' }],
    ['PROXY UNKNOWN whatever \u00ff', { kind: 'unknown' }],
  ])('%s', (line, header) => {
    expect(parse(`${line}\r\nEHLO x\r\n`)).toEqual({ kind: 'header', header, bytes: line.length + 2 });
  });

  it.each([
    'PROXY TCP4 192.0.2.07 10.0.0.1 1 25\r\n',
    'PROXY TCP4 192.0.2 10.0.0.1 1 25\r\n',
    'PROXY TCP4 ::1 ::1 1 25\r\n',
    'PROXY TCP6 192.0.2.7 10.0.0.1 1 25\r\n',
    'PROXY TCP6 fe80::1%eth0 ::1 1 25\r\n',
    'PROXY TCP4 192.0.2.7 10.0.0.1 65536 25\r\n',
    'PROXY TCP4 192.0.2.7 10.0.0.1 01 25\r\n',
    'PROXY TCP4 192.0.2.7 10.0.0.1 1 25 \r\n',
    'PROXY TCP4 192.0.2.7 10.0.0.1 1 25 x\r\n',
    'PROXY TCP4  192.0.2.7 10.0.0.1 1 25\r\n',
    'PROXY TCP4 192.0.2.7 10.0.0.1 1\r\n',
    'PROXY TCP4 192.0.2.7 10.0.0.1 -1 25\r\n',
    'PROXY TCP4\r\n',
    'PROXY \r\n',
    'PROXY tcp4 192.0.2.7 10.0.0.1 1 25\r\n',
    'PROXY UDP4 192.0.2.7 10.0.0.1 1 25\r\n',
    'PROXY UNKNOWNX\r\n',
    'PROXY TCP4 192.0.2.7 10.0.0.1 1 25\n',
    'PROXY TCP4 192.0.2.7 10.0.0.1 1 25\rX',
    `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`,
    `PROXY ${'x'.repeat(200)}`,
  ])('%j is malformed', (line) => {
    expect(parse(line)).toMatchObject({ kind: 'malformed' });
  });

  it('a line of 107 octets is read, its CR alone is not its end', () => {
    const longest = `PROXY UNKNOWN ${'x'.repeat(91)}\r\n`;
    expect(longest).toHaveLength(107);
    expect(parse(longest)).toMatchObject({ kind: 'header', bytes: 107 });
    expect(parse(longest.slice(0, -1))).toEqual({ kind: 'more' });
  });
});

describe('version 2', () => {
  it.each([
    ['TCP over IPv4', header2(0x21, 0x11, TCP4), client('192.0.2.7', 40_000)],
    ['TCP over IPv6', header2(0x21, 0x21, TCP6), client('2001:db8::7', 40_000)],
    ['IPv4 in IPv6', header2(0x21, 0x21, ipv6('00000000000000000000ffffc0000207', 9)), client('192.0.2.7', 9)],
    ['a UNIX socket', header2(0x21, 0x31, Buffer.alloc(216, 'x')), { kind: 'unknown' }],
    ['UDP', header2(0x21, 0x12, TCP4), { kind: 'unknown' }],
    ['UNSPEC', header2(0x21, 0x00, Buffer.alloc(0)), { kind: 'unknown' }],
    ['UNSPEC with something', header2(0x21, 0x00, Buffer.from([1, 2])), { kind: 'unknown' }],
    ['an unspecified protocol over IPv4', header2(0x21, 0x10, TCP4), { kind: 'unknown' }],
    ['LOCAL', header2(0x20, 0x00, Buffer.alloc(0)), { kind: 'local' }],
    ['LOCAL with addresses', header2(0x20, 0x11, TCP4), { kind: 'local' }],
    ['LOCAL of a family that nobody knows', header2(0x20, 0xff, Buffer.from('??')), { kind: 'local' }],
    [
      'extensions',
      header2(0x21, 0x11, TCP4, extension(0x02, Buffer.from('mx.test')), extension(0xee, Buffer.alloc(300))),
      client('192.0.2.7', 40_000),
    ],
    ['an empty extension', header2(0x21, 0x21, TCP6, extension(0x04, Buffer.alloc(0))), client('2001:db8::7', 40_000)],
    [
      'a checksum',
      withChecksum(header2(0x21, 0x11, TCP4, extension(0x04, Buffer.from('abc')), extension(0x03, Buffer.alloc(4)))),
      client('192.0.2.7', 40_000),
    ],
    ['LOCAL with a checksum', withChecksum(header2(0x20, 0x00, extension(0x03, Buffer.alloc(4)))), { kind: 'local' }],
  ])('%s', (_name, header, expected) => {
    expect(parse(Buffer.concat([header, Buffer.from('EHLO x\r\n')]))).toEqual({ kind: 'header', header: expected, bytes: header.length });
  });

  const wrong = (header: Buffer) => {
    const copy = withChecksum(header);
    copy.writeUInt8(copy.readUInt8(17) ^ 1, 17);
    return copy;
  };
  it.each([
    ['version 1 in binary', header2(0x11, 0x11, TCP4)],
    ['an unknown command', header2(0x22, 0x11, TCP4)],
    ['an unknown family', header2(0x21, 0x41, TCP4)],
    ['an unknown protocol', header2(0x21, 0x13, TCP4)],
    ['addresses cut off', header2(0x21, 0x21, TCP4)],
    ['an extension cut off in its head', header2(0x21, 0x11, TCP4, Buffer.from([4, 0]))],
    ['an extension cut off in its value', header2(0x21, 0x11, TCP4, Buffer.from([4, 0, 9, 1]))],
    ['a wrong checksum', wrong(header2(0x21, 0x11, TCP4, extension(0x03, Buffer.alloc(4))))],
    ['a wrong checksum of LOCAL', header2(0x20, 0x00, extension(0x03, Buffer.alloc(4)))],
    ['a wrong checksum of UNSPEC', header2(0x21, 0x00, extension(0x03, Buffer.alloc(4)))],
    ['a checksum of two octets', header2(0x21, 0x11, TCP4, extension(0x03, Buffer.alloc(2)))],
    ['two checksums', header2(0x21, 0x11, TCP4, extension(0x03, Buffer.alloc(4)), extension(0x03, Buffer.alloc(4)))],
    ['more than may be', header2(0x21, 0x11, TCP4, Buffer.alloc(PROXY_HEADER_MAX_BYTES))],
  ])('%s is malformed', (_name, header) => {
    expect(parse(header)).toMatchObject({ kind: 'malformed' });
  });

  it('a length beyond the bound is refused before anything of it has come', () => {
    expect(parse(header2(0x21, 0x11, Buffer.alloc(60_000)).subarray(0, 16))).toMatchObject({ kind: 'malformed' });
  });
});

it.each(['EHLO x\r\n', 'proxy TCP4', 'PROXYX', '\r\nEHLO', '\r\n\r\n\0\r\nQUIT\r\n', '\u0016\u0003\u0001'])('%j is no header', (text) => {
  expect(parse(text)).toEqual({ kind: 'none' });
  expect(startsWithHeader(Buffer.from(text, 'latin1'))).toBe(false);
});

describe('for all', () => {
  const headers = fc.constantFrom(
    Buffer.from('PROXY TCP4 192.0.2.7 10.0.0.1 40000 25\r\n'),
    Buffer.from('PROXY UNKNOWN\r\n'),
    Buffer.from('PROXY TCP6 ::1 ::1 1\r\n'),
    header2(0x21, 0x11, TCP4),
    header2(0x21, 0x21, TCP6, extension(0x20, Buffer.alloc(40))),
    header2(0x20, 0x00),
    withChecksum(header2(0x21, 0x11, TCP4, extension(0x03, Buffer.alloc(4)))),
    header2(0x21, 0x51, TCP4),
  );

  it('any split of the octets ends in the same answer', () => {
    fc.assert(
      fc.property(headers, fc.uint8Array({ maxLength: 50 }), (header, behind) => {
        const octets = Buffer.concat([header, behind]);
        const answer = parse(octets);
        const first = Array.from({ length: octets.length + 1 }, (_, n) => parse(octets.subarray(0, n))).find(({ kind }) => kind !== 'more');
        expect(first).toEqual(answer);
      }),
    );
  });

  it('random octets never throw, and what is read lies within them', () => {
    const start = fc.constantFrom(Buffer.alloc(0), Buffer.from('PROXY '), Buffer.from('PROXY TCP6 '), header2(0x21, 0x11).subarray(0, 12));
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 300 }), (head, tail) => {
        const octets = Buffer.concat([head, tail]);
        const reading = parse(octets);
        if (reading.kind === 'header') expect(reading.bytes).toBeLessThanOrEqual(octets.length);
      }),
    );
  });

  it('never asks for more than its bound', () => {
    const start = fc.constantFrom(Buffer.from('PROXY '), Buffer.from('PROXY UNKNOWN '), header2(0x21, 0x11).subarray(0, 14));
    fc.assert(
      fc.property(start, fc.uint8Array({ minLength: PROXY_HEADER_MAX_BYTES, maxLength: PROXY_HEADER_MAX_BYTES }), (head, tail) => {
        expect(parse(Buffer.concat([head, tail])).kind).not.toBe('more');
      }),
      { numRuns: 30 },
    );
  });
});

it('CRC32c as RFC 3720, appendix B.4 has it', () => {
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
});
