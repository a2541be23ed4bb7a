import type { Site } from '@vratny/config';
import { DirectoryFault } from '@vratny/directory';
import { adoptedOptions } from './database-options.ts';
import { OUTSIDE_TOLD_MAX } from './limits.ts';

/** What asking a database came to. */
export interface DirectoryCheck {
  /** One line each; empty when all is well. */
  readonly problems: readonly string[];
  /** How its statements are run, one line a step. */
  readonly plans: readonly string[];
}

/**
 * Asks the database of a hosting program with a name that nobody has: whether both statements work, and can use an index; then whether its aliases lead outside,
 * which nothing here forwards. Changes nothing. @throws StartProblem when the password cannot be read
 */
export async function checkDirectory({ directory, forwarding }: Pick<Site, 'directory' | 'forwarding'>): Promise<DirectoryCheck> {
  if (directory.kind !== 'adopted') return { problems: [], plans: [] };
  const options = adoptedOptions(directory);
  const { findOutsideTargets, openAdoptedDatabase } = await import('@vratny/directory/adopted');
  const problems: string[] = [];
  const plans: string[] = [];
  try {
    const database = openAdoptedDatabase(options);
    try {
      for (const { statement, lines, scans } of await database.explain()) {
        plans.push(...lines.map((line) => `directory.${statement}: ${line}`));
        problems.push(...scans.map((table) => `directory.${statement}: reads all of ${table} for each recipient: it needs an index`));
      }
      // One that is not there, or of another version, says so.
      await database.overlay?.explain();
      if (options.texts.addresses === undefined) return { problems, plans };
      const outside = await findOutsideTargets(database, { ...options.texts, forwards: forwarding !== undefined }, OUTSIDE_TOLD_MAX);
      problems.push(
        ...outside.map(
          ({ alias, target }) =>
            `directory: alias ${alias} leads to ${target}, which is not ours: nothing here forwards mail; let the mailbox store do it (Sieve), or name a relay, such as the mail server of the program whose database this is (forwarding)`,
        ),
      );
    } finally {
      await database.close();
    }
  } catch (error) {
    if (!(error instanceof DirectoryFault)) throw error;
    problems.push(error.message);
  }
  return { problems, plans };
}
