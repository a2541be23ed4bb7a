import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { loadSite, openAntispam, openAntivirus, openDelivery, openDirectory, openDns, openDnsbl, policySettings } from '@vratny/adapters';
import { createMemoryArchives } from '@vratny/archive/memory';
import type { Site } from '@vratny/config';
import { findHost, type Host, type Letter, ROLES, type Role } from '@vratny/hosts';
import { type AttachmentRow, attachments, attachmentTree, type Policy, policyOf, simulate, type Visit } from '@vratny/policy';
import { type Address, parseAddress, type ReversePath } from '@vratny/smtp';
import { createMemoryState } from '@vratny/state/memory';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { letterArgument } from '../arguments.ts';
import { AnswerIsNo } from '../exit-codes.ts';
import { type Explanation, printExplanation } from '../explanation.ts';
import { readMessage } from '../read-message.ts';
import type { Terminal } from '../terminal.ts';
import { examples, globalOptions } from './group.ts';

interface ExplainOptions {
  readonly policy: Letter;
  readonly role: Role;
  readonly client: string;
  readonly helo: string;
  /** In an object: commander makes an empty text out of null. */
  readonly from: { readonly sender: ReversePath };
  readonly to: Address;
}

/** `mxctl explain` */
export function addExplain(program: Command, terminal: Terminal): void {
  program
    .command('explain')
    .summary('what a host would say to a message, and why')
    .description(
      'Runs the decisions of a host on a message that nobody sends: what was found out, what each check said, and the reply. Asks DNS, the directory and the store as mx does; stores nothing. Exits with 0 when the message would be taken, else with 1.',
    )
    .argument('<file>', 'the message as it would be sent (RFC 5322), or - for standard input')
    .requiredOption('--policy <letter>', 'the letter of the host', letterArgument)
    .addOption(new Option('--role <role>', 'the role of the host').choices(ROLES).default('primary'))
    .requiredOption('--client <ip>', 'the address of the client', ipArgument)
    .option('--helo <name>', 'what the client says after EHLO', 'localhost')
    .requiredOption('--from <address>', 'the sender; "" for none', senderArgument)
    .requiredOption('--to <address>', 'the recipient', recipientArgument)
    .addHelpText(
      'after',
      examples(
        'explain mail.eml --policy d --client 192.0.2.1 --from bob@sender.example --to alice@example.org',
        'explain - --policy a --client 2001:db8::1 --from "" --to alice@example.org < bounce.eml',
      ),
    )
    .action(async (file: string, options: ExplainOptions, command: Command) => {
      const { config, json } = globalOptions(command);
      const { host, policy } =
        hostOf(options) ?? command.error(`error: there is no ${options.role} host of letter ${options.policy} that checks mail`);
      const explanation = await explain(loadSite(config), host, policy, options, { file, now: terminal.now });
      printExplanation(terminal, { json }, explanation);
      if (explanation.judgements.at(-1)?.verdict.kind !== 'pass') throw new AnswerIsNo();
    });
}

async function explain(
  site: Site,
  host: Host,
  policy: Policy,
  options: ExplainOptions,
  { file, now }: { file: string; now: () => Date },
): Promise<Explanation> {
  const settings = policySettings(site, host);
  const message = await readMessage(file, { directory: site.spool ?? tmpdir(), maxBytes: site.limits.message });
  await using parts = new AsyncDisposableStack();
  parts.defer(() => message.content.discard());
  const delivery = parts.adopt(openDelivery(site, { hostName: settings.hostName, now }), (one) => one.close());
  const directory = parts.adopt(await openDirectory(site, { delivery }), (one) => one.close());
  const archives = parts.adopt(createMemoryArchives(), (one) => one.close());
  const antivirus = parts.adopt(openAntivirus(site), (one) => one.close());
  const antispam = parts.adopt(openAntispam(site), (one) => one.close());
  const dns = openDns(site);
  const dnsbl = parts.adopt(openDnsbl(site, dns, { now }), (one) => one.close());
  const mail = {
    settings,
    host,
    client: { ip: options.client },
    helo: { verb: 'EHLO' as const, name: options.helo },
    tls: undefined,
    sender: options.from.sender,
    parameters: { body: '8bitmime' as const, utf8: false, sizeBytes: message.content.sizeBytes },
    startedAt: now(),
  };
  const simulated = { mail, recipient: options.to, message: { ...message, id: 'explain', receivedAt: now() } };
  // A contact in a memory of its own: a simulation greylists nobody, and lets nobody through.
  const state = parts.adopt(createMemoryState(), (one) => one.close());
  let seen: readonly AttachmentRow[] = [];
  const watch = (visit: Visit<'message'>) => {
    const found = visit.peek(attachments);
    if (found?.known === true) seen = attachmentTree(found.value);
  };
  const gathering = {
    ports: {
      dns,
      dnsbl,
      directory,
      delivery,
      greylist: state.greylist,
      counters: state.counters,
      archives,
      antivirus,
      antispam,
      clock: now,
    },
    monotonicMs: () => performance.now(),
  };
  const judgements = await simulate(policy, simulated, gathering, watch);
  return { policy, judgements, attachments: seen };
}

function hostOf({ policy: letter, role }: ExplainOptions): { host: Host; policy: Policy } | undefined {
  const host = findHost(letter, role);
  const policy = host && policyOf(host);
  return host && policy && { host, policy };
}

function ipArgument(written: string): string {
  if (isIP(written) === 0) throw new InvalidArgumentError('It is no IP address.');
  return written;
}

function senderArgument(written: string): ExplainOptions['from'] {
  return { sender: written === '' || written === '<>' ? null : recipientArgument(written) };
}

function recipientArgument(written: string): Address {
  const address = parseAddress(written, { utf8: true });
  if (typeof address === 'string') throw new InvalidArgumentError('It is no mail address.');
  return address;
}
