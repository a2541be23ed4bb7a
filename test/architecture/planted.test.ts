import type { Tree } from '@vratny/support/tree';
import { describe, expect, test } from 'vitest';
import { manifest, plant } from './clean-tree.ts';
import { RULES } from './rules/index.ts';

/** Violations of every rule, so that one that fires where it should not is seen too. */
const findingsOf = (tree: Tree) =>
  RULES.flatMap((rule) => rule.check(tree).map((finding) => `${rule.name} | ${finding.path} | ${finding.text}`));

const lines = (count: number) => 'export const x = 1;\n'.repeat(count);
const longFunction = (head: string) => `${head} {\n${'  work();\n'.repeat(60)}}\n`;
const smtp = 'packages/smtp/src/planted.ts';
const dns = 'packages/dns/src/planted.ts';
const policy = 'packages/policy/src/planted.ts';

interface Row {
  readonly what: string;
  readonly files: Readonly<Record<string, string | undefined>>;
  /** Exactly one finding, and it matches. */
  readonly finding: RegExp;
}

const FLOORS: readonly Row[] = [
  {
    what: 'an import upwards',
    files: {
      'packages/smtp/package.json': manifest(['@vratny/dns']),
      [smtp]: "import type { Dns } from '@vratny/dns';\nexport type X = Dns;\n",
    },
    finding: /^floors \| .*smtp\/src\/planted\.ts \| packages\/smtp \(floor 1\) imports @vratny\/dns \(floor 3\), which lies higher up$/u,
  },
  {
    what: 'an import on the same floor',
    files: {
      'packages/dns/package.json': manifest(['@vratny/smtp', 'dns-packet', '@vratny/journal']),
      [dns]: "export * from '@vratny/journal';\n",
    },
    finding: /^floors \| .* imports @vratny\/journal \(floor 3\), which lies on the same floor$/u,
  },
  {
    what: 'a dynamic import upwards',
    files: { 'packages/smtp/package.json': manifest(['@vratny/server']), [smtp]: "export const x = () => import('@vratny/server');\n" },
    finding: /^floors \| .* imports @vratny\/server \(floor 5\)/u,
  },
  {
    what: 'a package without a floor',
    files: { 'packages/attic/package.json': manifest([]), 'packages/attic/src/index.ts': 'export {};\n' },
    finding: /^floors \| .* packages\/attic has no floor: add it to the table in test\/architecture\/floors\.ts$/u,
  },
  {
    what: 'a way round the package name',
    files: { [policy]: "export * from '../../dns/src/index.ts';\n" },
    finding: /^floors \| .* lies outside packages\/policy: import the package by its name$/u,
  },
  {
    what: 'a subpath below cmd/',
    files: { [policy]: "export { systemDns } from '@vratny/dns/system';\n" },
    finding: /^doors \| .* imports the subpath @vratny\/dns\/system/u,
  },
  {
    what: 'a fixture of tests in production',
    files: { [policy]: "export { x } from './made-up.fixture.ts';\n" },
    finding: /^doors \| .* imports \.\/made-up\.fixture\.ts, which only tests may$/u,
  },
];

const SUITES: readonly Row[] = [
  {
    what: 'a suite that imports from another',
    files: { 'test/x/x.test.ts': "import { y } from '../y/y.ts';\ny();\n", 'test/y/y.ts': 'export function y() {}\n' },
    finding: /^suites \| test\/x\/x\.test\.ts \| imports \.\.\/y\/y\.ts of the suite y: what suites share stands in test\/support$/u,
  },
  {
    what: 'test support that imports from a suite, deeper down',
    files: { 'test/support/corpus/x.ts': "export type { Y } from '../../y/z/y.ts';\n" },
    finding: /^suites \| test\/support\/corpus\/x\.ts \| imports .* of the suite y/u,
  },
  {
    what: 'a way round the name of test support',
    files: { 'test/x/x.test.ts': "import { y } from '../support/y.ts';\ny();\n" },
    finding: /^suites \| test\/x\/x\.test\.ts \| imports \.\.\/support\/y\.ts: import it as @vratny\/support/u,
  },
  {
    what: 'test support in production',
    files: {
      'packages/dns/package.json': manifest(['@vratny/smtp', 'dns-packet', '@vratny/support']),
      [dns]: "export { waitFor } from '@vratny/support/wait-for';\n",
    },
    finding: /^doors \| packages\/dns\/src\/planted\.ts \| imports @vratny\/support\/wait-for, which only tests may$/u,
  },
];

const SURROUNDINGS: readonly Row[] = [
  { what: 'process.env', files: { [dns]: 'export const x = process.env.HOME;\n' }, finding: /^surroundings \| .* reads process\.env/u },
  {
    what: 'process.argv',
    files: { [dns]: 'export const x = process\n  .argv[2];\n' },
    finding: /^surroundings \| .* reads process\.argv/u,
  },
  { what: "process['env']", files: { [dns]: "export const x = process['env'];\n" }, finding: /^surroundings \| .* reads process\[/u },
  {
    what: 'node:process',
    files: { [dns]: "import { env } from 'node:process';\nexport const x = env;\n" },
    finding: /^surroundings \| .* imports node:process/u,
  },
  {
    what: 'the site file',
    files: {
      'packages/server/package.json': manifest(['@vratny/config']),
      'packages/server/src/index.ts': "import { readSite } from '@vratny/config';\nexport const x = readSite;\n",
    },
    finding: /^(surroundings|floors) \| /u,
  },
];

const FORMS: readonly Row[] = [
  { what: 'a file of 401 lines', files: { [dns]: lines(401) }, finding: /^size \| .* has 401 lines, more than 400/u },
  {
    what: 'a long function',
    files: { [dns]: longFunction('export function f(a: () => void)') },
    finding: /^size \| .* line 1: a function of 62 lines/u,
  },
  { what: 'a long arrow', files: { [dns]: longFunction('export const f = (a: number) =>') }, finding: /^size \| .* of 62 lines/u },
  {
    what: 'a long method with a return type',
    files: { [dns]: `export class Box {\n${longFunction('  read(): Promise<{ a: string }>')}}\n` },
    finding: /^size \| .* line 2: a function of 62 lines/u,
  },
  { what: 'a banned file', files: { 'packages/dns/src/wire-helper.ts': '' }, finding: /^names \| .* is called "helper"/u },
  { what: 'a banned folder', files: { 'packages/dns/src/common/x.ts': '' }, finding: /^names \| .* is called "common"/u },
  { what: 'a file not in kebab-case', files: { 'packages/dns/src/zoneFile.ts': '' }, finding: /^names \| .* is not in kebab-case$/u },
  {
    what: 'a banned name',
    files: { [dns]: 'export function openSocketManager() {}\n' },
    finding: /^names \| .* exports openSocketManager: "manager"/u,
  },
  { what: 'a banned constant', files: { [dns]: 'export const BASE_NAME = 1;\n' }, finding: /^names \| .* exports BASE_NAME: "base"/u },
  { what: 'a default export', files: { [dns]: 'export default 1;\n' }, finding: /^export forms \| .* has a default export/u },
  {
    what: 'a default by name',
    files: { [dns]: 'const x = 1;\nexport { x as default };\n' },
    finding: /^export forms \| .* default export/u,
  },
  { what: 'an enum', files: { [dns]: 'export const enum X { A }\n' }, finding: /^export forms \| .* has an enum/u },
];

const DEPENDENCIES: readonly Row[] = [
  {
    what: 'an undeclared import',
    files: { [dns]: "import 'yaml';\n" },
    finding: /^dependencies \| .* imports yaml, which packages\/dns\/package\.json does not/u,
  },
  {
    what: "the root's tools in a source",
    files: { [dns]: "import { test } from 'vitest';\nexport const x = test;\n" },
    finding: /^dependencies \| .* imports vitest/u,
  },
  {
    what: 'a declaration that nothing uses',
    files: { 'packages/smtp/package.json': manifest(['yaml']) },
    finding: /^dependencies \| packages\/smtp\/package\.json \| declares yaml, which nothing there imports$/u,
  },
  { what: 'no manifest', files: { 'packages/smtp/package.json': undefined }, finding: /^dependencies \| .* no readable package\.json$/u },
  {
    what: 'a socket in smtp',
    files: { [smtp]: "import { connect } from 'node:net';\nexport const x = connect;\n" },
    finding: /^sockets \| .* packages\/smtp is pure$/u,
  },
  {
    what: 'a whole module in smtp',
    files: { [smtp]: "import * as net from 'node:net';\nexport const x = net;\n" },
    finding: /^sockets \| /u,
  },
  { what: "a machine's hidden folder", files: { 'docs/X.md': `see .${'library'}/search\n` }, finding: /^machine paths \| docs\/X\.md/u },
  {
    what: "a machine's path",
    files: { 'docs/X.md': `see /${'work'}/main\n` },
    finding: /^machine paths \| docs\/X\.md \| names \/\w+\/, a path/u,
  },
];

const HALVES: readonly Row[] = [
  {
    what: 'a fact that knows a check',
    files: { 'packages/policy/src/facts/mx.ts': "export { sender as mx } from '../checks/sender.ts';\n" },
    finding: /^circles \| |^policy layers \| .* facts imports \.\.\/checks\/sender\.ts/u,
  },
  {
    what: 'a model that knows a letter',
    files: { 'packages/policy/src/model/fact.ts': "export * from '@vratny/dns';\nexport * from '../letters/a.ts';\n" },
    finding: /^circles \| |^policy layers \| .* model imports/u,
  },
  {
    what: 'a check without a test',
    files: { 'packages/policy/src/checks/sender.test.ts': undefined },
    finding: /^the other half \| .*sender\.ts \| has no test: add sender\.test\.ts/u,
  },
  {
    what: 'a check in no letter',
    files: { 'packages/policy/src/letters/a.ts': 'export const a = [];\n' },
    finding: /^the other half \| .*sender\.ts \| stands in no letter/u,
  },
  {
    what: 'a letter without dialogues',
    files: { 'test/dialogues/a10/hello.smtp': undefined },
    finding: /^the other half \| .*letters\/a\.ts \| has no dialogues: add test\/dialogues\/a10\//u,
  },
];

const ROOMS: readonly Row[] = [
  {
    what: 'two files that import each other',
    files: {
      [dns]: "import { y } from './other.ts';\nexport const x = y;\n",
      'packages/dns/src/other.ts': "import { x } from './planted.ts';\nexport const y = x;\n",
    },
    finding: /^circles \| packages\/dns\/src\/other\.ts \| imports itself by way of packages\/dns\/src\/planted\.ts$/u,
  },
  {
    what: 'a circle of three, by types alone',
    files: {
      [dns]: "import type { Y } from './y.ts';\nexport type X = Y;\n",
      'packages/dns/src/y.ts': "import type { Z } from './z.ts';\nexport type Y = Z;\n",
      'packages/dns/src/z.ts': "import type { X } from './planted.ts';\nexport type Z = X;\n",
    },
    finding: /^circles \| packages\/dns\/src\/planted\.ts \| imports itself by way of .*y\.ts, .*z\.ts$/u,
  },
  {
    what: 'a constant below the statement that runs the program',
    files: {
      'cmd/mx/src/planted.ts': "process.exitCode = await run();\n\nconst FILE = 'x';\nasync function run() {\n  return FILE.length;\n}\n",
    },
    finding: /^order \| cmd\/mx\/src\/planted\.ts \| declares FILE below the statement/u,
  },
  {
    what: 'the same below a try',
    files: {
      'cmd/mx/src/planted.ts':
        "try {\n  run();\n} catch {\n  end();\n}\nconst FILE = 'x';\nfunction run() {\n  FILE;\n}\nfunction end() {}\n",
    },
    finding: /^order \| .* declares FILE below/u,
  },
  {
    what: 'a source that only a test imports',
    files: { [dns]: 'export const x = 1;\n', 'packages/dns/src/planted.test.ts': "import { x } from './planted.ts';\nx;\n" },
    finding: /^test support \| packages\/dns\/src\/planted\.ts \| is imported by tests only/u,
  },
  {
    what: 'the same, by way of another file and of a suite',
    files: {
      [dns]: 'export const x = 1;\n',
      'packages/dns/src/scripted.fixture.ts': "export { x } from './planted.ts';\n",
      'test/x/x.test.ts': "import '../../packages/dns/src/scripted.fixture.ts';\n",
    },
    finding: /^test support \| packages\/dns\/src\/planted\.ts/u,
  },
  {
    what: 'two functions that have nothing to do with each other',
    files: { [dns]: 'export function a() {\n  return 1;\n}\n\nexport const b = () => 2;\n' },
    finding: /^connected \| packages\/dns\/src\/planted\.ts \| holds 2 things .* \(a, b\)/u,
  },
  {
    what: 'a group beside another',
    files: {
      [dns]:
        'const one = 1;\nexport const a = () => one;\nconst two = 2;\nexport const b = () => two;\n// a uses b\nexport const text = "a b";\n',
    },
    finding: /^connected \| .* holds 2 things/u,
  },
  {
    what: 'an error in words by hand',
    files: { [dns]: "export const x = (error: unknown) => (error instanceof Error ? error.message : 'no');\n" },
    finding: /^one of each \| .* use describeError of packages\/text$/u,
  },
  {
    what: 'a listener by hand',
    files: { [dns]: "export const x = (s: AbortSignal) => s.addEventListener('abort', () => {});\n" },
    finding: /^one of each \| .* use until, withGrace or onAbort of packages\/waiting$/u,
  },
  {
    what: 'joined signals',
    files: { [dns]: 'export const x = (s: AbortSignal[]) => AbortSignal.any(s);\n' },
    finding: /^one of each \| .* createCanceller/u,
  },
  {
    what: 'a paper that is not here',
    files: { 'docs/X.md': `as DES${'IGN'} 3 says\n` },
    finding: /^stand alone \| docs\/X\.md \| line 1 cites/u,
  },
];

test('a clean tree has no findings', () => {
  expect(findingsOf(plant())).toEqual([]);
});

describe.each([
  ['floors and doors', FLOORS],
  ['suites', SUITES],
  ['surroundings', SURROUNDINGS],
  ['forms', FORMS],
  ['dependencies', DEPENDENCIES],
  ['policy and halves', HALVES],
  ['rooms', ROOMS],
] as const)('%s', (_name, rows) => {
  test.each(rows.map((row) => [row.what, row] as const))('%s', (_what, row) => {
    const found = findingsOf(plant(row.files));
    expect(found.filter((line) => row.finding.test(line))).toEqual(found);
    expect(found.length).toBeGreaterThan(0);
  });
});

describe('what is no violation', () => {
  test.each([
    ['words in comments', "// import { x } from '@vratny/server'; process.env enum X {}\nexport const x = 1;\n"],
    ['words in strings', "export const x = \"import '@vratny/server'\" + 'process.env';\n"],
    ['words in templates', `export const x = \`from '@vratny/server' $\{\`process.env\`} export default\`;\n`],
    ['quotes in a regular expression', 'export const x = /[\'"`]/u;\nexport const y = \'from "@vratny/server"\';\n'],
    ['a folder of that name', "export const x = 'docs/work/x';\n"],
    ['base64', 'export const decodeBase64 = 1;\n'],
    ['a function of 60 lines', `export function f() {\n${'  work();\n'.repeat(58)}}\n`],
    ['a long list', `export const x = [\n${'  1,\n'.repeat(100)}];\n`],
    ['functions by way of a third', 'export const a = () => c();\nexport const b = () => c();\nfunction c() {}\n'],
    [
      'functions that speak of one type of ours',
      "import type { Dns } from './port.ts';\nexport const a = (x: Dns) => x;\nexport const b = (x: Dns) => x;\n",
    ],
    [
      'a table beside a function',
      'export const TABLE = { a: 1 };\nexport interface X {}\nexport class F extends Error {}\nexport function a() {}\n',
    ],
    ['a long branch of a short function', 'export function f() {\n  if (a) {\n    work();\n  }\n}\n'],
  ])('%s', (_what, text) => {
    expect(findingsOf(plant({ [dns]: text }))).toEqual([]);
  });
});
