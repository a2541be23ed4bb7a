import type { Alias, Domain, Mailbox, Register } from '@vratny/directory';
import { PAGE } from './limits.ts';

/** All rows of a list of any length, in their order. */
async function* pages<T>(list: (after: string) => Promise<readonly T[]>, nameOf: (row: T) => string): AsyncGenerator<T> {
  for (let after = ''; ; ) {
    const rows = await list(after);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = nameOf(last);
  }
}

/** All domains, by name. */
export function walkDomains(register: Pick<Register, 'pageDomains'>, from = ''): AsyncGenerator<Domain> {
  return pages(
    (after) => register.pageDomains({ after: after || from, limit: PAGE }),
    ({ name }) => name,
  );
}

/** The mailboxes of a domain, by address. */
export function walkMailboxes(register: Pick<Register, 'pageMailboxes'>, domain: string, from = ''): AsyncGenerator<Mailbox> {
  return pages(
    (after) => register.pageMailboxes(domain, { after: after || from, limit: PAGE }),
    ({ address }) => address,
  );
}

/** The aliases of a domain, by address. */
export function walkAliases(register: Pick<Register, 'pageAliases'>, domain: string): AsyncGenerator<Alias> {
  return pages(
    (after) => register.pageAliases(domain, { after, limit: PAGE }),
    ({ address }) => address,
  );
}
