import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { loadSite, openDelivery, openDirectory, openDns, openDnsbl, policySettings } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import { findHost, type Host, hostId, type Letter, ROLES, type Role } from '@vratny/hosts';
import { type Judgement, type Policy, policyOf, rehearse } from '@vratny/policy';
import { type Address, parseAddress, type ReversePath } from '@vratny/smtp';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { letterArgument } from '../arguments.ts';
import { printExplanation } from '../explanation.ts';
import { readMessage } from '../read-message.ts';
import type { Terminal } from '../terminal.ts';
import { examples, globalOptions } from './group.ts';

interface ExplainOptions {
  readonly policy: Letter;
  readonly role: Role;
  readonly client: string;
  readonly helo: string;
  readonly from: ReversePath;
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
      const { host, policy } = hostOf(options);
      const judgements = await explain(loadSite(config), host, policy, options, { file, now: terminal.now });
      printExplanation(terminal, { json }, policy, judgements);
      if (judgements.at(-1)?.verdict.kind !== 'pass') process.exitCode = 1;
    });
}

async function explain(
  site: Site,
  host: Host,
  policy: Policy,
  options: ExplainOptions,
  { file, now }: { file: string; now: () => Date },
): Promise<readonly Judgement[]> {
  const settings = policySettings(site, host);
  const message = await readMessage(file, { directory: site.spool ?? tmpdir(), maxBytes: site.limits.message });
  const directory = await openDirectory(site);
  const delivery = openDelivery(site, { hostName: settings.hostName, now });
  const dns = openDns(site);
  const dnsbl = openDnsbl(site, dns, { now });
  try {
    const mail = {
      settings,
      host,
      client: { ip: options.client },
      helo: { verb: 'EHLO' as const, name: options.helo },
      tls: undefined,
      sender: options.from,
      parameters: { body: '8bitmime' as const, utf8: false, sizeBytes: message.content.sizeBytes },
      startedAt: now(),
    };
    const rehearsal = { mail, recipient: options.to, message: { ...message, id: 'explain', receivedAt: now() } };
    return await rehearse(policy, rehearsal, { ports: { dns, dnsbl, directory, delivery }, monotonicMs: () => performance.now() });
  } finally {
    dnsbl.close();
    await Promise.all([delivery.close(), directory.close(), message.content.discard()]);
  }
}

function hostOf({ policy: letter, role }: ExplainOptions): { host: Host; policy: Policy } {
  const host = findHost(letter, role);
  const policy = host && policyOf(host);
  if (!host || !policy) throw new InvalidArgumentError(`There is no ${role} host ${host ? hostId(host) : letter} that checks mail.`);
  return { host, policy };
}

function ipArgument(written: string): string {
  if (isIP(written) === 0) throw new InvalidArgumentError('It is no IP address.');
  return written;
}

function senderArgument(written: string): ReversePath {
  return written === '' || written === '<>' ? null : recipientArgument(written);
}

function recipientArgument(written: string): Address {
  const address = parseAddress(written, { utf8: true });
  if (typeof address === 'string') throw new InvalidArgumentError('It is no mail address.');
  return address;
}
