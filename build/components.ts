import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A foreign package that is inside the executable. */
export interface Component {
  readonly name: string;
  readonly version: string;
  /** SPDX expression, as its manifest says. */
  readonly license: string;
  /** The texts that its authors ask to be kept with it; empty when its package has none. */
  readonly texts: readonly string[];
}

const LICENSE_FILE = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/iu;

/** The packages from npm whose files these are, and Node itself; each once, by name and version. */
export function componentsOf(root: string, files: readonly string[]): readonly Component[] {
  const folders = new Set(files.filter((file) => file.includes('node_modules/')).map((file) => packageFolder(join(root, file))));
  const found = new Map<string, Component>();
  for (const folder of [...folders, nodeFolder()]) {
    const one = readComponent(folder);
    found.set(`${one.name}@${one.version}`, one);
  }
  return [...found].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, component]) => component);
}

/** The nearest folder above whose manifest names a package: some packages have manifests without a name further down. */
function packageFolder(file: string): string {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && stringOf(readManifest(manifest), 'version') !== undefined) return folder;
  }
  throw new Error(`${file} belongs to no package`);
}

/** The package that brought the Node which runs this build, and which the executable is made of. */
function nodeFolder(): string {
  return packageFolder(process.execPath);
}

function readComponent(folder: string): Component {
  const manifest = readManifest(join(folder, 'package.json'));
  const [name, version] = [stringOf(manifest, 'name'), stringOf(manifest, 'version')];
  if (name === undefined || version === undefined) throw new Error(`${folder}: package.json has no name or version`);
  const texts = readdirSync(folder)
    .filter((file) => LICENSE_FILE.test(file))
    .toSorted()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return { name, version, license: stringOf(manifest, 'license') ?? 'NOASSERTION', texts };
}

function readManifest(path: string): object {
  const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'));
  return typeof manifest === 'object' && manifest !== null ? manifest : {};
}

function stringOf(manifest: object, key: string): string | undefined {
  const value: unknown = Reflect.get(manifest, key);
  return typeof value === 'string' ? value : undefined;
}

/** What `--licenses` prints. */
export function licenseText(own: string, components: readonly Component[]): string {
  const rule = '-'.repeat(80);
  const parts = components.map(({ name, version, license, texts }) =>
    [`${name} ${version}: ${license}`, ...(texts.length === 0 ? ['(its package has no text of the licence)'] : texts)].join('\n\n'),
  );
  return `Vratny\n\n${own.trim()}\n${parts.map((part) => `\n${rule}\n${part}\n`).join('')}`;
}

/** The same as a bill of materials: CycloneDX 1.6. Without a time and a serial number, so that two builds are equal. */
export function billOfMaterials(version: string, components: readonly Component[]): string {
  const bill = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', name: 'vratny', version, 'bom-ref': `vratny@${version}` } },
    components: components.map((one) => ({
      type: 'library',
      name: one.name,
      version: one.version,
      'bom-ref': purlOf(one),
      purl: purlOf(one),
      licenses: [/ (?:OR|AND|WITH) /u.test(one.license) ? { expression: one.license } : licenseOf(one.license)],
    })),
  };
  return `${JSON.stringify(bill, undefined, 2)}\n`;
}

function licenseOf(license: string): object {
  return { license: license === 'NOASSERTION' || license.startsWith('SEE ') ? { name: license } : { id: license } };
}

/** https://github.com/package-url/purl-spec: the scope's @ is percent-encoded. */
function purlOf({ name, version }: Component): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}
