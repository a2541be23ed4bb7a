import { formatSize } from '@vratny/config';
import type { Alias, Domain, Mailbox } from '@vratny/directory';
import type { Command } from 'commander';
import { walkAliases, walkDomains, walkMailboxes } from '../records/walk-directory.ts';
import type { Terminal } from '../terminal.ts';
import { examples, withSite } from './group.ts';

/** `mxctl export` */
export function addExport(program: Command, terminal: Terminal): void {
  program
    .command('export')
    .summary('write domains, mailboxes and aliases as NDJSON')
    .description('Writes everything of the directory, one JSON object a line. mxctl import of it makes the same directory.')
    .addHelpText('after', examples('export > directory.ndjson'))
    .action(async (_options: unknown, command: Command) =>
      withSite(terminal, command, async ({ register }) => {
        const write = (record: object): void => terminal.out(`${JSON.stringify(record)}\n`);
        // What others need comes first: domains before their aliases, mailboxes before theirs.
        for await (const domain of walkDomains(register)) if (domain.aliasOf === undefined) write(domainRecord(domain));
        for await (const domain of walkDomains(register)) if (domain.aliasOf !== undefined) write(domainRecord(domain));
        for await (const { name } of walkDomains(register))
          for await (const mailbox of walkMailboxes(register, name)) write(mailboxRecord(mailbox));
        for await (const { name } of walkDomains(register))
          for await (const alias of walkAliases(register, name)) write(aliasRecord(alias));
      }),
    );
}

function domainRecord({ name, letter, previous, earlier = [], aliasOf, mailboxes }: Domain): object {
  const accepted = earlier.filter(({ seenLeft }) => seenLeft === undefined).map((one) => one.letter);
  return {
    domain: name,
    policy: letter,
    ...(previous === undefined ? {} : { previous_policy: previous.letter, grace_until: previous.graceUntil.toISOString() }),
    ...(accepted.length === 0 ? {} : { earlier_policies: accepted }),
    ...(aliasOf === undefined ? {} : { alias_of: aliasOf }),
    ...(mailboxes === undefined ? {} : { mailboxes }),
  };
}

function mailboxRecord({ address, quotaBytes, antispam, enabled, store }: Mailbox): object {
  return {
    mailbox: address,
    quota: quotaBytes === undefined ? 'none' : formatSize(quotaBytes),
    antispam,
    ...(enabled ? {} : { enabled }),
    ...(store === undefined ? {} : { store }),
  };
}

function aliasRecord({ address, targets }: Alias): object {
  return { alias: address, targets };
}
