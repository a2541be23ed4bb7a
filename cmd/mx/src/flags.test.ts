import { describe, expect, it } from 'vitest';
import { readFlags } from './flags.ts';

function read(line: string, sockets: readonly number[] = []) {
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const result = readFlags(line.split(' '), sockets, { out: say, error: say });
  return { result, said: said.join('') };
}

describe('the command line', () => {
  const good: readonly (readonly [line: string, flags: object])[] = [
    ['--config s --policy d', { config: 's', host: { letter: 'd', role: 'primary' } }],
    ['--config s --policy b --role secondary', { host: { letter: 'b', role: 'secondary' } }],
    ['--config s --host c20', { host: { letter: 'c', role: 'secondary' } }],
    ['--config s --host d10 --policy d --role primary', { host: { letter: 'd', role: 'primary' } }],
    ['--config s --host d10 --workers 3', { workers: 3 }],
    ['--config s --host d10 --listen 127.0.0.1:2525', { listen: [{ host: '127.0.0.1', port: 2525 }] }],
    [
      '--config s --host d10 --listen 127.0.0.1:0 --listen [::1]:25',
      {
        listen: [
          { host: '127.0.0.1', port: 0 },
          { host: '::1', port: 25 },
        ],
      },
    ],
    [
      '--config s --host d10',
      { listen: [expect.objectContaining({ host: '0.0.0.0', port: 25 }), expect.objectContaining({ host: '::' })] },
    ],
  ];
  it.each(good)('%s', (line, flags) => {
    expect(read(line)).toMatchObject({ result: { kind: 'flags', flags }, said: '' });
  });

  it('sockets of systemd are listened on in place of an address, and not beside one', () => {
    expect(read('--config s --host d10', [3, 4]).result).toMatchObject({ flags: { sockets: [3, 4] } });
    const both = read('--config s --host d10 --listen 127.0.0.1:25', [3]);
    expect(both.result).toEqual({ kind: 'exit', code: 64 });
    expect(both.said).toMatch(/^error: systemd hands over sockets to listen on .*leave out --listen/u);
  });

  const bad: readonly (readonly [line: string, problem: RegExp])[] = [
    ['--policy d', /--config/u],
    ['--config s', /^error: say which host this is/u],
    ['--config s --policy e', /--policy .*'e' is invalid.*a, b, c, d/u],
    ['--config s --policy D', /'D' is invalid/u],
    ['--config s --role primary', /say which host this is/u],
    ['--config s --policy d --role secondary', /^error: there is no secondary of letter d; the hosts are a10/u],
    ['--config s --policy d --role tertiary', /'tertiary' is invalid/u],
    ['--config s --host d20', /'d20' is invalid/u],
    ['--config s --host d10 --policy a', /^error: --host d10 is the primary of letter d/u],
    ['--config s --host a10 --role secondary', /^error: --host a10 is the primary of letter a/u],
    ['--config s --host d10 --listen 2525', /ADDRESS:PORT/u],
    ['--config s --host d10 --listen 127.0.0.1:65536', /ADDRESS:PORT/u],
    ['--config s --host d10 --listen ::1:25', /ADDRESS:PORT/u],
    ['--config s --host d10 --workers 0', /from 1 to 256/u],
    ['--config s --host d10 --workers 1.5', /from 1 to 256/u],
    ['--config s --host d10 --frobnicate', /unknown option/u],
    ['--config s --host d10 extra', /too many arguments/u],
  ];
  it.each(bad)('%s -> 64', (line, problem) => {
    const { result, said } = read(line);
    expect(result).toEqual({ kind: 'exit', code: 64 });
    expect(said).toMatch(problem);
    expect(said).toMatch(/\nUsage: mx --config FILE /u);
    expect(said.trimEnd().split('\n').length).toBeLessThanOrEqual(4);
  });

  it('--help ends well', () => {
    const { result, said } = read('--help');
    expect(result).toEqual({ kind: 'exit', code: 0 });
    expect(said).toContain('SIGHUP loads the site file again');
  });

  it('--version ends well', () => {
    const { result, said } = read('--version');
    expect(result).toEqual({ kind: 'exit', code: 0 });
    expect(said).toMatch(/^mx \d+\.\d+\.\d+\n$/u);
  });
});
