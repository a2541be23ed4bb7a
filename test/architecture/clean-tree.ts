import { type Tree, treeOf } from '@vratny/support/tree';

const manifest = (dependencies: readonly string[]) =>
  JSON.stringify({ dependencies: Object.fromEntries(dependencies.map((name) => [name, '1.0.0'])) });

/** A tiny repository that keeps every rule; planted violations are laid over it. */
const CLEAN: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({ devDependencies: { vitest: '1.0.0' } }),
  'packages/smtp/package.json': manifest([]),
  'packages/smtp/src/index.ts': "export { EXTENSIONS } from './extensions.ts';\n",
  'packages/smtp/src/literal.ts': "import { isIPv4 } from 'node:net';\nexport const isLiteral = (text: string) => isIPv4(text);\n",
  'packages/smtp/src/extensions.ts': "export const EXTENSIONS = [{ keyword: 'SIZE' }];\n",
  'packages/dns/package.json': manifest(['@vratny/smtp', 'dns-packet']),
  'packages/dns/src/index.ts':
    "import { EXTENSIONS } from '@vratny/smtp';\nimport * as packet from 'dns-packet';\nexport { EXTENSIONS, packet };\n",
  'packages/dns/src/contract.ts': "import { test } from 'vitest';\nexport const suite = () => test('x', () => {});\n",
  'packages/policy/package.json': manifest(['@vratny/dns']),
  'packages/policy/src/model/fact.ts': "export type { Dns } from '@vratny/dns';\n",
  'packages/policy/src/model/check.ts': 'export const check = (fact: unknown) => fact;\n',
  'packages/policy/src/facts/mx.ts': "import type { Dns } from '../model/fact.ts';\nexport const mx = (dns: Dns) => dns;\n",
  'packages/policy/src/checks/sender.ts':
    "import { mx } from '../facts/mx.ts';\nimport { check } from '../model/check.ts';\nexport const sender = check(mx);\n",
  'packages/policy/src/checks/sender.test.ts':
    "import { memory } from '@vratny/dns/memory';\nimport { test } from 'vitest';\ntest('x', memory);\n",
  'packages/policy/src/letters/a.ts': "import { sender } from '../checks/sender.ts';\nexport const a = [sender];\n",
  'cmd/mx/package.json': manifest(['@vratny/dns']),
  'cmd/mx/src/main.ts': "import { system } from '@vratny/dns/system';\nsystem(process.argv, process.env);\n",
  'test/dialogues/a10/hello.smtp': 'C: QUIT\n',
};

/** The clean tree with some files replaced or added; undefined takes one away. */
export function plant(files: Readonly<Record<string, string | undefined>> = {}): Tree {
  const merged = { ...CLEAN, ...files };
  return treeOf(Object.fromEntries(Object.entries(merged).flatMap(([path, text]) => (text === undefined ? [] : [[path, text] as const]))));
}

/** A package.json that declares these. */
export { manifest };
