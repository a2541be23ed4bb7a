import { describe, expect, it } from 'vitest';
import { POLICIES } from './letters/index.ts';
import { renderPolicies } from './render-policies.ts';

describe('renderPolicies', () => {
  const text = renderPolicies();

  it('is the same every time', () => expect(renderPolicies()).toBe(text));

  it.each(POLICIES)('names everything that $name checks, says and lacks', (policy) => {
    const section = text.split('\n## ').find((part) => part.startsWith(`${policy.name}: `)) ?? '';
    for (const check of [...policy.mail, ...policy.rcpt, ...policy.message]) {
      expect(section).toContain(`| \`${check.name}\` | ${check.summary} | ${check.says.map((codes) => `\`${codes}\``).join(', ')} |`);
    }
    for (const lack of policy.lacks) expect(section).toContain(lack);
    for (const stamp of policy.stamps) expect(section).toContain(`\`${stamp.name}\``);
  });

  it('names all seven hosts and the secondary of each letter', () => {
    for (const id of ['a10', 'b10', 'c10', 'd10', 'a20', 'b20', 'c20']) expect(text).toContain(`| \`mx1${id}\` |`);
    expect(text).toMatch(/\| d \(default\) \|[^|]+\| `mx1d10` \| `mx1b20` \|/u);
  });

  it('is made of tables whose rows have as many cells as their heads', () => {
    const blocks = text.split(/\n\n+/u).filter((block) => block.startsWith('|'));
    expect(blocks.length).toBeGreaterThan(POLICIES.length);
    for (const block of blocks) {
      const cells = block
        .trim()
        .split('\n')
        .map((line) => line.split(/(?<!\\)\|/u).length);
      expect(new Set(cells).size).toBe(1);
    }
  });
});
