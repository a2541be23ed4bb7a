/** `npm run package`: makes the Debian package of the executable. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { bashCompletion, manualPage, readCommands } from './manual.ts';

const USAGE = `Usage: npm run package [-- --out FOLDER] [--executable FILE] [--level N]
Makes vratny_VERSION_ARCHITECTURE.deb in dist or FOLDER, of the executable that npm run build made (dist/vratny or FILE).
N is the level of xz, 0 to 9 (6 when left out). Needs dpkg-deb (Debian: dpkg).
`;
const ROOT = join(import.meta.dirname, '..');
const DEPLOY = join(ROOT, 'deploy');
const EXIT_USAGE = 64;
const EXIT_UNAVAILABLE = 69;
/** Those of Debian, by Node's names. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

class Problem extends Error {
  override readonly name = 'Problem';
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  const { error, status, stdout, stderr } = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8', env });
  if (error) throw new Problem(`${program}: ${error.message}`);
  if (status !== 0) throw new Problem(`${program} ended with ${status}: ${stderr.trim().slice(-2_000)}`);
  return stdout.trim();
}

/** When the commit was made, in seconds since 1970; a tree without git is of the beginning of time. */
function commitTime(): number {
  const { status, stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? Number(stdout.trim()) : 0;
}

/** A version that dpkg orders by the time of the commit (deb-version(7)): 0.1.0~git20261127.1530.55a762f2b94f. */
function debianVersion(executable: string, seconds: number): string {
  const [, version = '', commit = ''] = /^vratny (\S+) \(([^)]*)\)$/u.exec(run(executable, ['--version'])) ?? [];
  if (version === '') throw new Problem(`${executable} --version says no version`);
  const [day = '', time = ''] = new Date(seconds * 1_000).toISOString().split('T');
  const stamp = `${day.replaceAll('-', '')}.${time.slice(0, 5).replace(':', '')}`;
  return `${version}~git${stamp}.${commit.replace('+', '.changed').replaceAll(' ', '')}`;
}

interface Tree {
  /** Writes a file of the package; its folder is made. */
  write(path: string, content: string | Buffer, mode?: number): void;
  copy(from: string, path: string, mode?: number): void;
  link(path: string, target: string): void;
}

function createTree(root: string): Tree {
  const place = (path: string) => {
    const at = join(root, path);
    mkdirSync(dirname(at), { recursive: true, mode: 0o755 });
    return at;
  };
  return {
    write(path, content, mode = 0o644) {
      const at = place(path);
      writeFileSync(at, content);
      chmodSync(at, mode);
    },
    copy(from, path, mode = 0o644) {
      const at = place(path);
      copyFileSync(from, at);
      chmodSync(at, mode);
    },
    link: (path, target) => symlinkSync(target, place(path)),
  };
}

function fill(tree: Tree, executable: string, { version, seconds }: { readonly version: string; readonly seconds: number }): void {
  tree.copy(executable, 'usr/lib/vratny/vratny', 0o755);
  tree.copy(`${executable}.cdx.json`, 'usr/share/doc/vratny/vratny.cdx.json');
  for (const name of ['vratny', 'mxctl']) tree.link(`usr/bin/${name}`, '../lib/vratny/vratny');
  tree.link('usr/sbin/mx', '../lib/vratny/vratny');
  for (const unit of ['vratny-mx@.service', 'vratny-mx@.socket', 'vratny-panel.service']) {
    tree.copy(join(DEPLOY, 'systemd', unit), `lib/systemd/system/${unit}`);
  }
  tree.copy(join(DEPLOY, 'systemd', 'socket.conf'), 'usr/share/doc/vratny/examples/socket.conf');
  tree.copy(join(DEPLOY, 'debian', 'sysusers.conf'), 'usr/lib/sysusers.d/vratny.conf');
  tree.copy(join(DEPLOY, 'debian', 'tmpfiles.conf'), 'usr/lib/tmpfiles.d/vratny.conf');
  tree.copy(join(DEPLOY, 'debian', 'site.yaml'), 'etc/vratny/site.yaml', 0o644);
  tree.copy(join(ROOT, 'site.example.yaml'), 'usr/share/doc/vratny/site.example.yaml');
  tree.write('usr/share/doc/vratny/copyright', run(executable, ['--licenses']));
  tree.write('usr/share/doc/vratny/changelog.gz', gzipSync(readFileSync(join(ROOT, 'CHANGELOG.md')), { level: 9 }));
  for (const page of ['OPERATIONS', 'CONFIG', 'ADOPTING', 'POLICIES'])
    tree.copy(join(ROOT, 'docs', `${page}.md`), `usr/share/doc/vratny/${page}.md`);
  const mx = readCommands(executable, ['mx']);
  const mxctl = readCommands(executable, ['mxctl']);
  const panel = readCommands(executable, ['panel']);
  const date = new Date(seconds * 1_000).toISOString().slice(0, 10);
  const pages = [
    ['mx', 'one MX host of a Vratny cluster', mx],
    ['mxctl', 'domains, mailboxes and policies of a Vratny site', mxctl],
    ['vratny-panel', 'the pages of receipts', panel],
  ] as const;
  for (const [name, summary, program] of pages) {
    tree.write(`usr/share/man/man8/${name}.8.gz`, gzipSync(manualPage(name, summary, { program, version, date }), { level: 9 }));
  }
  const completion = bashCompletion(
    new Map([
      ['mx', mx],
      ['mxctl', mxctl],
    ]),
  );
  for (const name of ['mx', 'mxctl']) tree.write(`usr/share/bash-completion/completions/${name}`, completion);
}

function control(version: string, architecture: string, installedBytes: number): string {
  return `Package: vratny
Version: ${version}
Architecture: ${architecture}
Maintainer: Vratny <vratny@localhost>
Installed-Size: ${Math.ceil(installedBytes / 1_024)}
Depends: libc6, libgcc-s1, libstdc++6, systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles, util-linux
Suggests: clamav-daemon, dovecot-lmtpd, redis-server, rspamd, unbound
Section: mail
Priority: optional
Description: inbound MX cluster with selectable policies
 Receives mail for the domains of a hosting provider. The owner of each domain
 chooses a policy: nothing extra, antivirus, forbidden attachments, blacklists.
 What is refused is refused in the session; what is acknowledged is stored.
`;
}

function makePackage(out: string, executable: string, level: string): void {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined) throw new Problem(`there is no Debian architecture for ${process.arch} here`);
  const seconds = commitTime();
  const version = debianVersion(executable, seconds);
  const folder = mkdtempSync(join(tmpdir(), 'vratny-package-'));
  try {
    const root = join(folder, 'root');
    mkdirSync(join(root, 'DEBIAN'), { recursive: true });
    chmodSync(root, 0o755);
    const tree = createTree(root);
    process.stderr.write('package: asking the programs for their help ...\n');
    fill(tree, executable, { version, seconds });
    tree.write('DEBIAN/control', control(version, architecture, statSync(executable).size));
    tree.write('DEBIAN/conffiles', '/etc/vratny/site.yaml\n');
    for (const script of ['postinst', 'prerm', 'postrm']) tree.copy(join(DEPLOY, 'debian', script), `DEBIAN/${script}`, 0o755);
    mkdirSync(out, { recursive: true });
    const file = join(out, `vratny_${version}_${architecture}.deb`);
    process.stderr.write('package: compressing ...\n');
    // Times of files become that of the commit, so that two packages of one executable are equal.
    const env = { ...process.env, SOURCE_DATE_EPOCH: String(seconds) };
    run('dpkg-deb', ['--root-owner-group', '-Zxz', `-z${level}`, '--build', root, file], env);
    process.stdout.write(`${file}: ${Math.round(statSync(file).size / 1e5) / 10} MB\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function main(): number {
  try {
    const options = {
      out: { type: 'string', default: join(ROOT, 'dist') },
      executable: { type: 'string', default: join(ROOT, 'dist', 'vratny') },
      level: { type: 'string', default: '6' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    const flags = parseArgs({ options }).values;
    if (flags.help === true) {
      process.stdout.write(USAGE);
      return 0;
    }
    if (!/^[0-9]$/u.test(flags.level)) throw new Error('--level is a number from 0 to 9');
    if (statSync(flags.executable, { throwIfNoEntry: false }) === undefined)
      throw new Problem(`there is no ${flags.executable}: npm run build makes it`);
    makePackage(flags.out, flags.executable, flags.level);
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof Problem) process.stderr.write(`package: ${message}\n`);
    else process.stderr.write(`package: ${message}\n\n${USAGE}`);
    return error instanceof Problem ? EXIT_UNAVAILABLE : EXIT_USAGE;
  }
}

process.exitCode = main();
