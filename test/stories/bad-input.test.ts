import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { RunningProgram } from '@vratny/daemons';
import { mxArguments } from '@vratny/support/mx';
import { runToEnd } from '@vratny/support/running-program';
import { makeWorldSite, type WorldSite, type WorldSiteOptions } from '@vratny/support/world-host';
import { describe, expect, test } from 'vitest';

/** Lines for people: what is not a line of the journal. */
const complaints = (program: RunningProgram) =>
  program
    .stderr()
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('{'));

/** One clear line, an exit code, no promise to listen, and no stack trace. */
function expectOneLine(program: RunningProgram, line: RegExp): void {
  expect(complaints(program)).toEqual([expect.stringMatching(line)]);
  expect(program.stderr()).not.toMatch(/^\s+at .*:\d+/mu);
  expect(program.stdout()).toBe('');
  expect(program.ending()).toEqual(expect.any(Number));
  expect(program.ending()).not.toBe(0);
}

const run = (site: WorldSite, listen?: string) =>
  runToEnd(process.execPath, mxArguments({ siteFile: site.siteFile, host: 'd10', ...(listen === undefined ? {} : { listen }) }));

interface Row {
  readonly what: string;
  readonly site: WorldSiteOptions;
  /** Done to the written site. */
  readonly spoil?: (site: WorldSite) => void;
  readonly line: RegExp;
}

const ROWS: readonly Row[] = [
  { what: 'an unknown key', site: { extra: { colour: 'blue' } }, line: /site\.yaml:\d+.*colour/u },
  { what: 'a value that is none', site: { extra: { limits: { message: 'a lot' } } }, line: /site\.yaml:\d+.*message.*a lot/u },
  { what: 'no certificate where one is said to be', site: { tls: { cert: './none.pem', key: './none.pem' } }, line: /none\.pem/u },
  {
    what: 'a certificate that is none',
    site: {},
    spoil: (site) => writeFileSync(site.tls.cert, 'not PEM\n'),
    line: /cert\.pem|certificate/u,
  },
  { what: 'a broken zone file', site: { zone: '$TTL 300\nexample.test. IN MX ten mail.example.test.\n' }, line: /zone\.txt.*2/u },
  { what: 'no zone file', site: { extra: { dns: { zoneFile: './nowhere.txt' } } }, line: /nowhere\.txt/u },
  { what: 'a site file that is no YAML', site: {}, spoil: (site) => writeFileSync(site.siteFile, 'cluster: [\n'), line: /site\.yaml/u },
  {
    what: 'a directory file that is none',
    site: {},
    spoil: (site) => writeFileSync(site.directoryFile, 'not a database, and long enough to be looked at as one\n'.repeat(20)),
    line: /directory\.db/u,
  },
];

describe('bad input is one clear line and an exit code', () => {
  test.each(ROWS.map((row) => [row.what, row] as const))('%s', async (_what, row) => {
    await using site = await makeWorldSite(row.site);
    row.spoil?.(site);
    expectOneLine(await run(site), row.line);
  });

  test('no site file', async () => {
    await using site = await makeWorldSite();
    const siteFile = join(site.folder, 'elsewhere.yaml');
    expectOneLine(await runToEnd(process.execPath, mxArguments({ siteFile, host: 'd10' })), /elsewhere\.yaml/u);
  });

  test('a port in use', async () => {
    await using site = await makeWorldSite();
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      const address = other.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      expectOneLine(await run(site, `127.0.0.1:${port}`), new RegExp(`127\\.0\\.0\\.1:${port}: another program listens there`, 'u'));
    } finally {
      other.close();
    }
  });

  test('a host that does not exist', async () => {
    await using site = await makeWorldSite();
    const program = await runToEnd(process.execPath, mxArguments({ siteFile: site.siteFile, host: 'd20' }));
    expect(program.ending()).toEqual(expect.any(Number));
    expect(program.ending()).not.toBe(0);
    expect(program.stdout()).toBe('');
    expect(complaints(program)[0]).toMatch(/error: .*the hosts are a10/u);
  });
});
