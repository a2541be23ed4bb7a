import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';
import { formatEndpoint, parseEndpoint } from './endpoint.ts';
import { parseNetwork, toBlockList } from './network.ts';
import { formatSize, parseSize } from './size.ts';

describe('sizes', () => {
  it.each([
    ['100MiB', 104_857_600],
    ['20MB', 20_000_000],
    ['1.5GiB', 1_610_612_736],
    ['5 kB', 5000],
    ['12', 12],
    [12, 12],
  ])('%j is %d', (written, octets) => {
    expect(parseSize(written)).toEqual({ ok: true, value: octets });
  });

  it.each(['', 'MiB', '1mib', '-1', '1e3', '0.3', '9999999TiB', null, true, {}, 1.5, -1])('%j is none', (written) => {
    expect(parseSize(written).ok).toBe(false);
  });

  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 31 - 1 }), fc.constantFrom(1, 1024, 2 ** 20), (count, factor) => {
        const octets = count * factor;
        expect(parseSize(formatSize(octets))).toEqual({ ok: true, value: octets });
      }),
    );
  });
});

describe('durations', () => {
  it.each([
    ['250ms', 250],
    ['90s', 90_000],
    ['5m', 300_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
  ])('%j is %d ms', (written, ms) => {
    expect(parseDuration(written)).toEqual({ ok: true, value: ms });
  });

  it.each(['', '5', 5, '5M', '1.5h', '-5m', null])('%j is none', (written) => {
    expect(parseDuration(written).ok).toBe(false);
  });

  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.nat(), (ms) => {
        expect(parseDuration(formatDuration(ms))).toEqual({ ok: true, value: ms });
      }),
    );
  });
});

describe('networks', () => {
  it.each([
    ['192.0.2.0/24', { family: 'ipv4', address: '192.0.2.0', prefix: 24 }],
    ['192.0.2.7', { family: 'ipv4', address: '192.0.2.7', prefix: 32 }],
    ['0.0.0.0/0', { family: 'ipv4', address: '0.0.0.0', prefix: 0 }],
    ['2001:DB8::/32', { family: 'ipv6', address: '2001:db8::', prefix: 32 }],
    ['::ffff:192.0.2.0/120', { family: 'ipv6', address: '::ffff:192.0.2.0', prefix: 120 }],
    ['::1', { family: 'ipv6', address: '::1', prefix: 128 }],
  ])('%s', (text, network) => {
    expect(parseNetwork(text)).toEqual({ ok: true, value: network });
  });

  it.each(['', 'example.org', '192.0.2.0/33', '2001:db8::/129', '192.0.2.1/24', '2001:db8::1/64', '192.0.2/24', 'fe80::1%eth0'])(
    '%j is none',
    (text) => {
      expect(parseNetwork(text).ok).toBe(false);
    },
  );

  it('match as a block list', () => {
    const networks = ['192.0.2.0/24', '2001:db8::/32'].flatMap((text) => {
      const reading = parseNetwork(text);
      return reading.ok ? [reading.value] : [];
    });
    const list = toBlockList(networks);
    expect(list.check('192.0.2.200', 'ipv4')).toBe(true);
    expect(list.check('192.0.3.1', 'ipv4')).toBe(false);
    expect(list.check('2001:db8:1::1', 'ipv6')).toBe(true);
  });
});

describe('endpoints', () => {
  it.each(['127.0.0.1:25', '[2001:db8::1]:25', 'mx.example.org:2525'])('%s', (text) => {
    const reading = parseEndpoint(text);
    expect(reading.ok && formatEndpoint(reading.value)).toBe(text);
  });

  it.each(['', ':25', 'host', 'host:', 'host:65536', '::1:25', '[host]:25', '1.2.3:25', 'a b:25'])('%j is none', (text) => {
    expect(parseEndpoint(text).ok).toBe(false);
  });
});
