import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { explainFileError, StartProblem } from '@vratny/adapters';
import { type AuditEntry, type DirectoryRecord, RecordRefusal, type Register, RegisterRefusal } from '@vratny/directory';
import { addressKey, normaliseDomain, parseAddress } from '@vratny/smtp';
import type { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';
import { BAD_LINES_MAX, BATCH, PROGRESS_MS, REMOVED_SHARE } from '../records/limits.ts';
import { type BadLine, type NumberedRecord, readRecords } from '../records/read-records.ts';
import { walkAliases, walkDomains, walkMailboxes } from '../records/walk-directory.ts';
import type { Terminal } from '../terminal.ts';
import { examples, globalOptions, withNewSite, withTriedSite } from './group.ts';

const GRACE_MS = 7 * 86_400_000;

interface ImportOptions {
  readonly dryRun?: true;
  readonly delete?: true;
  readonly yes?: true;
}

/** `mxctl import FILE` */
export function addImport(program: Command, terminal: Terminal): void {
  program
    .command('import')
    .summary('make the directory say what a file says')
    .description(
      'Reads domains, mailboxes and aliases from NDJSON, or from CSV with the same names as header, and makes the directory say the same. What is so already is left alone, so it may be run again at any time, also after it was interrupted. On a new site it makes the directory.',
    )
    .argument('<file>', 'the file, or - for standard input')
    .option('--dry-run', 'show what would change, and change nothing')
    .option('--delete', 'take out what the file does not name; more than 5 % of all only with --yes')
    .option('--yes', 'yes, also more than 5 %')
    .addHelpText('after', examples('import directory.ndjson', 'import --dry-run customers.csv', 'import --delete - < all.ndjson'))
    .action(async (file: string, options: ImportOptions, command: Command) => {
      const { json } = globalOptions(command);
      await withInput(file, async (path) => {
        const records = await readAll(path, file, terminal);
        const withRegister = options.dryRun === true ? withTriedSite : withNewSite;
        await withRegister(terminal, command, async ({ register, actor }) => {
          const run = {
            register,
            actor,
            terminal,
            file,
            graceUntil: new Date(terminal.now().getTime() + GRACE_MS),
            dryRun: options.dryRun === true,
          };
          const removed = options.delete === true ? await findRemoved(register, records, options.yes === true) : [];
          const changes = [...(await putAll(run, records)), ...(await removeAll(run, removed))];
          tell(terminal, changes, { json, dryRun: run.dryRun, records: records.length });
        });
      });
    });
}

/**
 * Runs work with the path of what is read: standard input is written into a file first, since it is read more than
 * once.
 */
async function withInput(file: string, work: (path: string) => Promise<void>): Promise<void> {
  if (file !== '-') return work(file);
  const folder = mkdtempSync(join(tmpdir(), 'vratny-import-'));
  try {
    const path = join(folder, 'input');
    await pipeline(process.stdin, createWriteStream(path, { mode: 0o600 }));
    await work(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * All records, in the order in which they can be made: domains, their aliases, mailboxes, then aliases, each behind
 * those that it leads to.
 */
async function readAll(path: string, file: string, terminal: Terminal): Promise<readonly NumberedRecord[]> {
  const found: NumberedRecord[] = [];
  const bad: BadLine[] = [];
  try {
    for await (const one of readRecords(path)) {
      if ('record' in one) found.push(one);
      else bad.push(one);
    }
  } catch (error) {
    throw new StartProblem(`${file}: ${explainFileError(error, path)}`, EXIT.input, { cause: error });
  }
  if (bad.length > 0) {
    for (const { line, problem } of bad.slice(0, BAD_LINES_MAX)) terminal.err(`mxctl: ${file}:${line}: ${problem}\n`);
    throw new RegisterRefusal(`${bad.length} of ${bad.length + found.length} lines are no records; nothing was changed`);
  }
  const rank = ({ record }: NumberedRecord): number =>
    record.kind === 'domain' ? (record.aliasOf === undefined ? 0 : 1) : record.kind === 'mailbox' ? 2 : 3;
  const groups = Map.groupBy(found, rank);
  return [0, 1, 2].flatMap((one) => groups.get(one) ?? []).concat(sortAliases(groups.get(3) ?? []));
}

/** Those that others lead to first; loops are left as they are, for the register to refuse. */
function sortAliases(aliases: readonly NumberedRecord[]): readonly NumberedRecord[] {
  const byName = new Map(aliases.map((one) => [nameOf(one.record), one]));
  const sorted = new Set<NumberedRecord>();
  const visit = (one: NumberedRecord, above: ReadonlySet<NumberedRecord>): void => {
    if (sorted.has(one) || above.has(one) || above.size > 100) return;
    const targets = one.record.kind === 'alias' ? one.record.targets : [];
    for (const target of targets) {
      const behind = byName.get(keyOf(target));
      if (behind !== undefined) visit(behind, new Set([...above, one]));
    }
    sorted.add(one);
  };
  for (const one of aliases) visit(one, new Set());
  return [...sorted];
}

interface Run {
  readonly register: Register;
  readonly actor: string;
  readonly terminal: Terminal;
  readonly file: string;
  readonly graceUntil: Date;
  readonly dryRun: boolean;
}

async function putAll(run: Run, records: readonly NumberedRecord[]): Promise<readonly AuditEntry[]> {
  const { register, actor, terminal, file, graceUntil, dryRun } = run;
  const changes: AuditEntry[] = [];
  // What is undone at the end must see what came before it.
  const size = dryRun ? Math.max(1, records.length) : BATCH;
  let toldAt = performance.now();
  for (let from = 0; from < records.length; from += size) {
    const batch = records.slice(from, from + size);
    try {
      changes.push(
        ...(await register.putRecords(
          batch.map(({ record }) => record),
          actor,
          { graceUntil, dryRun },
        )),
      );
    } catch (error) {
      if (!(error instanceof RecordRefusal)) throw error;
      const done = from === 0 || dryRun ? 'nothing was changed' : `${from} of ${records.length} records are in, the others are not`;
      throw new RegisterRefusal(`${file}:${batch[error.index]?.line ?? 0}: ${error.message}; ${done}`, { cause: error });
    }
    if (terminal.progress === true && performance.now() - toldAt > PROGRESS_MS) {
      toldAt = performance.now();
      terminal.err(progressLine(from + batch.length, records.length));
    }
  }
  if (terminal.progress === true && records.length > BATCH) terminal.err('\r\u001b[K');
  return changes;
}

function progressLine(done: number, all: number): string {
  const full = Math.round((done / all) * 30);
  return `\r[${'#'.repeat(full)}${' '.repeat(30 - full)}] ${done} of ${all}`;
}

type Name = { readonly kind: DirectoryRecord['kind']; readonly name: string };

/** What is in the directory and not in the file, in the order in which it can go. */
async function findRemoved(register: Register, records: readonly NumberedRecord[], sure: boolean): Promise<readonly Name[]> {
  const kept = new Set(records.map(({ record }) => `${record.kind} ${nameOf(record)}`));
  const there: Name[] = [];
  for await (const { name, aliasOf } of walkDomains(register)) {
    for await (const { address } of walkAliases(register, name)) there.push({ kind: 'alias', name: address });
    for await (const { address } of walkMailboxes(register, name)) there.push({ kind: 'mailbox', name: address });
    // Before the domain that it is an alias of.
    if (aliasOf === undefined) there.push({ kind: 'domain', name });
    else there.unshift({ kind: 'domain', name });
  }
  const removed = there.filter(({ kind, name }) => !kept.has(`${kind} ${name}`));
  if (removed.length > there.length * REMOVED_SHARE && !sure)
    throw new RegisterRefusal(
      `--delete would take out ${removed.length} of ${there.length} entries, more than 5 %: --yes if that is meant; nothing was changed`,
    );
  const domains = removed.filter(({ kind }) => kind === 'domain');
  return [...removed.filter(({ kind }) => kind !== 'domain'), ...domains];
}

async function removeAll({ register, actor, dryRun }: Run, names: readonly Name[]): Promise<readonly AuditEntry[]> {
  const changes: AuditEntry[] = [];
  const size = dryRun ? Math.max(1, names.length) : BATCH;
  for (let from = 0; from < names.length; from += size)
    changes.push(...(await register.removeRecords(names.slice(from, from + size), actor, { dryRun })));
  return changes;
}

function tell(
  terminal: Terminal,
  changes: readonly AuditEntry[],
  how: { readonly json: boolean; readonly dryRun: boolean; readonly records: number },
): void {
  if (how.json) {
    terminal.out(`${JSON.stringify({ records: how.records, changes: changes.length, dryRun: how.dryRun })}\n`);
    return;
  }
  if (how.dryRun) for (const { action, subject, detail } of changes) terminal.out(`${signOf(action)} ${subject}: ${detail}\n`);
  const did = how.dryRun ? 'would take' : 'took';
  terminal.out(
    `${how.records} records; ${changes.length === 0 ? 'nothing to change' : `${did} ${changes.length} ${changes.length === 1 ? 'change' : 'changes'}`}\n`,
  );
}

function signOf(action: string): string {
  if (action.endsWith('.add')) return '+';
  return action.endsWith('.remove') ? '-' : '~';
}

function nameOf(record: DirectoryRecord): string {
  return record.kind === 'domain' ? (normaliseDomain(record.name) ?? record.name) : keyOf(record.address);
}

function keyOf(written: string): string {
  if (written.startsWith('@')) return `@${normaliseDomain(written.slice(1)) ?? written.slice(1)}`;
  const address = parseAddress(written, { utf8: true });
  return typeof address === 'string' ? written : addressKey(address);
}
