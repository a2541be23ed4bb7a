import { isIP } from 'node:net';
import { ROLES } from '@vratny/hosts';
import { type Address, parseAddress } from '@vratny/smtp';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { letterArgument } from '../arguments.ts';
import { AnswerIsNo } from '../exit-codes.ts';
import type { SimulatedMail } from '../simulate-message.ts';
import type { Terminal } from '../terminal.ts';
import { examples, globalOptions } from './group.ts';

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
    .action(async (file: string, options: SimulatedMail, command: Command) => {
      const { config, json } = globalOptions(command);
      const [{ hostOf, simulateMessage }, { printExplanation }, { loadSite }] = await Promise.all([
        import('../simulate-message.ts'),
        import('../explanation.ts'),
        import('@vratny/adapters'),
      ]);
      const judge =
        hostOf(options) ?? command.error(`error: there is no ${options.role} host of letter ${options.policy} that checks mail`);
      const explanation = await simulateMessage(await loadSite(config), judge, options, { file, now: terminal.now });
      printExplanation(terminal, { json }, explanation);
      if (explanation.judgements.at(-1)?.verdict.kind !== 'pass') throw new AnswerIsNo();
    });
}

function ipArgument(written: string): string {
  if (isIP(written) === 0) throw new InvalidArgumentError('It is no IP address.');
  return written;
}

function senderArgument(written: string): SimulatedMail['from'] {
  return { sender: written === '' || written === '<>' ? null : recipientArgument(written) };
}

function recipientArgument(written: string): Address {
  const address = parseAddress(written, { utf8: true });
  if (typeof address === 'string') throw new InvalidArgumentError('It is no mail address.');
  return address;
}
