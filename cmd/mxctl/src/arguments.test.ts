import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { countArgument, domainArgument, letterArgument, quotaArgument, sizeArgument, timeArgument } from './arguments.ts';

const NOW = new Date('2030-01-01T00:00:00Z');
const readTime = timeArgument(() => NOW, 7);
const readCount = countArgument(1, 100);

describe('arguments', () => {
  it.each([
    ['domain', domainArgument, 'Example.ORG', 'example.org'],
    ['U-labels', domainArgument, 'bücher.example', 'xn--bcher-kva.example'],
    ['letter', letterArgument, 'D', 'd'],
    ['size', sizeArgument, '1GiB', 1_073_741_824],
    ['quota', quotaArgument, '5MB', 5_000_000],
    ['no quota', quotaArgument, 'None', null],
    ['count', readCount, '100', 100],
    ['date', readTime, '2030-01-02', new Date('2030-01-02T00:00:00Z')],
    ['time with zone', readTime, '2030-01-02T12:00+01:00', new Date('2030-01-02T11:00:00Z')],
  ])('%s: %s', (_name, parse: (written: string) => unknown, written, value) => {
    expect(parse(written)).toEqual(value);
  });

  it.each([
    ['domain', domainArgument, 'bad domain'],
    ['domain', domainArgument, ''],
    ['letter', letterArgument, 'e'],
    ['size', sizeArgument, '5potatoes'],
    ['quota', quotaArgument, '-1'],
    ['count', readCount, '0'],
    ['count', readCount, '101'],
    ['count', readCount, '1e1'],
    ['time in the past', readTime, '2029-12-31'],
    ['time too far ahead', readTime, '2030-01-09'],
    ['time without zone', readTime, '2030-01-02T12:00'],
    ['no time', readTime, 'tomorrow'],
  ])('%s: %j is refused', (_name, parse: (written: string) => unknown, written) => {
    expect(() => parse(written)).toThrow(InvalidArgumentError);
  });
});
