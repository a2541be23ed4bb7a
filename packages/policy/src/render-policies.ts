import { DEFAULT_LETTER, DEFAULT_SECONDARY_OF, findHost, HOSTS, hostId, LETTERS, PREFERENCE, serves } from '@vratny/hosts';
import { POLICIES } from './letters/index.ts';
import type { AnyCheck } from './model/check.ts';
import type { AnyFact } from './model/fact.ts';
import type { JudgedStage, Policy } from './model/policy.ts';
import { withNeeds } from './model/visit.ts';

const HEAD = `# Policies

This file is generated from \`packages/policy/src/letters\`; \`npm run -s docs\` writes it and a test fails when it is stale.

A policy is a list of checks for each stage. They speak in the order of the tables, and the first objection decides, with one exception:
a delay because something could not be found out waits, and a refusal further on wins over it. No check can accept; a message that none
objects to is delivered. Every refusal (5xx) and every delay (4xx) is given in the session, so that the sender's server knows. A check that
breaks through a mistake of ours delays with \`451 4.3.0\`, whatever its table says.
`;

const STAGES: readonly { readonly stage: JudgedStage; readonly title: string }[] = [
  { stage: 'mail', title: 'At MAIL' },
  { stage: 'rcpt', title: 'At RCPT, for each recipient' },
  { stage: 'message', title: 'After the final dot' },
];

/**
 * The text of docs/POLICIES.md: what each host checks, in which order, and what it says. The same for the same letters,
 * always.
 */
export function renderPolicies(): string {
  return `${[HEAD, renderHosts(), renderLetters(), ...POLICIES.map(renderPolicy), renderFacts()].join('\n')}`;
}

function renderHosts(): string {
  const rows = HOSTS.map((host) => {
    const letters = LETTERS.filter((letter) => serves(host, letter));
    const judges = POLICIES.some((policy) => policy.name === hostId(host));
    const does = judges ? 'judges mail, see below' : 'answers every command with 4xx';
    return [code(`mx1${hostId(host)}`), host.role, String(PREFERENCE[host.role]), letters.join(', '), does];
  });
  const head = ['MX name', 'role', 'preference', 'serves domains of letter', 'what it does'];
  return `## Hosts\n\nThe names stand below the cluster's domain; \`mx1\` is the cluster's name.\n\n${table(head, rows)}`;
}

function renderLetters(): string {
  const rows = LETTERS.map((letter) => {
    const secondary = findHost(DEFAULT_SECONDARY_OF[letter], 'secondary');
    const summary = POLICIES.find((policy) => policy.name === `${letter}${PREFERENCE.primary}`)?.summary ?? '';
    const name = letter === DEFAULT_LETTER ? `${letter} (default)` : letter;
    return [name, summary, code(`mx1${letter}${PREFERENCE.primary}`), secondary ? code(`mx1${hostId(secondary)}`) : ''];
  });
  return `## Letters\n\n${table(['letter', 'filters', 'primary', 'secondary'], rows)}`;
}

function renderPolicy(policy: Policy): string {
  const lists = STAGES.map(({ stage, title }) => {
    const rows = policy[stage].map(renderCheck);
    return rows.length === 0
      ? `### ${title}\n\nNothing.\n`
      : `### ${title}\n\n${table(['check', 'asks that', 'replies', 'by the facts', 'not for', 'when a fact is not to be had'], rows)}`;
  });
  const stamps = policy.stamps.map((stamp) => code(stamp.name)).join(', ') || 'none';
  const lacks = policy.lacks.length === 0 ? 'Nothing is lacking.' : `Still lacking: ${policy.lacks.join('; ')}.`;
  return [`## ${policy.name}: ${policy.summary}\n`, ...lists, `Header fields added: ${stamps}.\n`, `${lacks}\n`].join('\n');
}

function renderCheck(check: AnyCheck): readonly string[] {
  return [
    check.observed ? `${code(check.name)} (only observed)` : code(check.name),
    check.summary,
    check.says.map(code).join(', '),
    listOf(check.facts),
    listOf(check.exemptions),
    faultOf(check),
  ];
}

function faultOf(check: AnyCheck): string {
  if (check.facts.length === 0) return '';
  return check.onFault === 'pass' ? 'passes' : check.cannotTell;
}

function renderFacts(): string {
  const checks = POLICIES.flatMap((policy) => STAGES.flatMap<AnyCheck>(({ stage }) => policy[stage]));
  const stamped = POLICIES.flatMap((policy) => policy.stamps.flatMap((stamp) => stamp.facts));
  const facts = withNeeds([...checks.flatMap((check) => [...check.exemptions, ...check.facts]), ...stamped]);
  const rows = facts
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((fact) => [code(fact.name), fact.stage, `${fact.deadlineMs} ms`, listOf(fact.needs), fact.lazy ? 'in its turn' : 'at once']);
  const intro = 'A fact is looked for once, as soon as its stage opens or (in its turn) when all earlier checks have passed.';
  return `## Facts\n\n${intro}\n\n${table(['fact', 'stage', 'deadline', 'found from', 'looked for'], rows)}`;
}

function listOf(facts: readonly AnyFact[]): string {
  return facts.map((fact) => code(fact.name)).join(', ');
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map(
    (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`,
  );
  return `${lines.join('\n')}\n`;
}
