import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mxArguments, ROOT } from '@vratny/support/mx';
import { runToEnd } from '@vratny/support/running-program';
import { makeWorldSite, type WorldSite } from '@vratny/support/world-host';
import { describe, expect, test } from 'vitest';

/** Debian's nobody and nogroup. */
const NOBODY = 65_534;
const AS_NOBODY = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all', '--bounding-set=-all'];
const MXCTL = join(ROOT, 'cmd', 'mxctl', 'src', 'main.ts');

interface Row {
  readonly what: string;
  /** Further keys of the site file. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** The file that root keeps for itself, and how. */
  readonly kept: (site: WorldSite) => string;
  readonly mode: number;
  /** What is said of it; `%` is the path. */
  readonly line: string;
}

const ROWS: readonly Row[] = [
  {
    what: 'the key',
    kept: (site) => site.tls.key,
    mode: 0o600,
    line: 'tls.key: %: permission denied: file % belongs to root:root with mode 0600',
  },
  {
    what: 'the certificate',
    kept: (site) => site.tls.cert,
    mode: 0o640,
    line: 'tls.cert: %: permission denied: file % belongs to root:root with mode 0640',
  },
  {
    what: 'the directory',
    kept: (site) => site.directoryFile,
    mode: 0o640,
    line: 'directory: %: permission denied: file % belongs to root:root with mode 0640',
  },
  {
    what: 'a password',
    extra: { antispam: { password: { file: './password' } } },
    kept: (site) => join(site.folder, 'password'),
    mode: 0o600,
    line: 'antispam.password: %: permission denied: file % belongs to root:root with mode 0600',
  },
  {
    what: 'the zone file',
    kept: (site) => join(site.folder, 'zone.txt'),
    mode: 0o600,
    line: 'dns.zoneFile: %: permission denied: file % belongs to root:root with mode 0600',
  },
  {
    what: 'the folder of the Maildirs',
    kept: (site) => site.mailFolder,
    mode: 0o700,
    line: 'delivery: %: permission denied: folder % belongs to root:root with mode 0700',
  },
  {
    what: 'the spool',
    kept: (site) => join(site.folder, 'spool'),
    mode: 0o755,
    line: 'spool: %: permission denied: folder % belongs to root:root with mode 0755',
  },
];

/** A site that belongs to nobody, but for what root keeps. */
async function makeSite({ extra, kept, mode }: Row): Promise<WorldSite & { readonly kept: string }> {
  const site = await makeWorldSite(extra === undefined ? {} : { extra });
  writeFileSync(join(site.folder, 'password'), 'secret\n');
  chmodSync(site.folder, 0o755);
  await runToEnd('chown', ['-R', `${NOBODY}:${NOBODY}`, site.folder]);
  const path = kept(site);
  chownSync(path, 0, 0);
  chmodSync(path, mode);
  return { ...site, kept: path };
}

const asNobody = (...args: readonly string[]) => runToEnd('setpriv', [...AS_NOBODY, process.execPath, ...args]);

// Only root can start a program as another user.
describe.skipIf(process.getuid?.() !== 0)('what the user of the service may not read is said with path, owner and mode', () => {
  test.each(ROWS.map((row) => [row.what, row] as const))('%s', async (_what, row) => {
    await using stack = new AsyncDisposableStack();
    const site = stack.use(await makeSite(row));
    const words = `${row.line.replaceAll('%', site.kept)}, and this program runs as nobody:nogroup`;
    const check = await asNobody(MXCTL, '--config', site.siteFile, 'check-config');
    expect({ code: check.ending(), said: check.stderr() }).toEqual({ code: 78, said: `mxctl: site.yaml: ${words}\n` });
    const mx = await asNobody(...mxArguments({ siteFile: site.siteFile, host: 'a10' }));
    expect({ code: mx.ending(), said: mx.stderr() }).toEqual({ code: 78, said: `mx: ${words}\n` });
  });
});
