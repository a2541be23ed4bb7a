import type { Register } from '../register.ts';
import { ACTOR } from './opened.ts';

/** What a directory can hold: the databases of others lack some things. */
export interface SiteTraits {
  /** The quota of alice, for databases that count in MiB. */
  readonly quotaBytes: number;
  readonly domainAliases: boolean;
  /** Whether it knows how much mailboxes hold. */
  readonly used: boolean;
  /** Whether it can tell of names beyond ASCII; true unless given. Dovecot cannot. */
  readonly utf8?: boolean;
}

/** Our own can hold everything. */
export const OUR_TRAITS: SiteTraits = { quotaBytes: 1000, domainAliases: true, used: true };

/** A small site: `one.test` with mailboxes, aliases and a catch-all, `two.test` with its own postmaster, `bare.test` with nothing. */
export async function fillSite(register: Register, { quotaBytes, domainAliases }: SiteTraits = OUR_TRAITS): Promise<void> {
  await register.addDomain('one.test', 'd', ACTOR);
  await register.addDomain('two.test', 'a', ACTOR);
  await register.addDomain('bare.test', 'c', ACTOR);
  await register.addMailbox('alice@one.test', { quotaBytes, antispam: true }, ACTOR);
  await register.addMailbox('bob@one.test', {}, ACTOR);
  await register.addMailbox('carol+work@one.test', {}, ACTOR);
  await register.addMailbox('carol@one.test', {}, ACTOR);
  await register.addMailbox('all@one.test', {}, ACTOR);
  await register.addAlias('sales@one.test', ['alice@one.test', 'bob@one.test'], ACTOR);
  await register.addAlias('office@one.test', ['sales@one.test', 'bob@one.test', 'postmaster@one.test'], ACTOR);
  await register.addAlias('@one.test', ['all@one.test'], ACTOR);
  await register.addMailbox('\u017dofie@one.test', {}, ACTOR);
  await register.addMailbox('dave@two.test', {}, ACTOR);
  await register.addAlias('postmaster@two.test', ['dave@two.test'], ACTOR);
  await register.addMailbox('abuse@two.test', {}, ACTOR);
  await register.addAlias('far@two.test', ['sales@one.test'], ACTOR);
  if (!domainAliases) return;
  await register.addDomain('other.test', 'b', ACTOR, { aliasOf: 'one.test' });
  await register.addDomain('bare-alias.test', 'b', ACTOR, { aliasOf: 'bare.test' });
}

/** Who gets what at that site, with the rule that says so. */
const SITE_ANSWERS: readonly (readonly [rule: string, address: string, answer: string])[] = [
  ['a mailbox', 'alice@one.test', 'alice@one.test'],
  ['local parts compare without case', 'ALICE@One.Test', 'alice@one.test'],
  ['a quoted local part is the same name', '"alice"@one.test', 'alice@one.test'],
  ['the part before a tag', 'alice+news@one.test', 'alice@one.test'],
  ['the first plus begins the tag', 'alice+news+more@one.test', 'alice@one.test'],
  ['a row of the whole name wins over the tag', 'Carol+Work@one.test', 'carol+work@one.test'],
  ['a name beyond ASCII', 'žofie@one.test', 'žofie@one.test'],
  ['without case, composed otherwise, with a tag', 'Z\u030cOFIE+x@one.test', 'žofie@one.test'],
  ['another tag of that name', 'carol+home@one.test', 'carol@one.test'],
  ['an alias of two', 'sales@one.test', 'alice@one.test bob@one.test'],
  ['an alias with a tag', 'sales+x@one.test', 'alice@one.test bob@one.test'],
  ['an alias of an alias; each mailbox once', 'office@one.test', 'bob@one.test postmaster@one.test alice@one.test'],
  ['an alias into another domain of ours', 'far@two.test', 'alice@one.test bob@one.test'],
  ['the catch-all takes the rest', 'nobody@one.test', 'all@one.test'],
  ['the catch-all takes a name that begins with a plus', '+x@one.test', 'all@one.test'],
  ['the catch-all takes a name that only quotes can write', '"a b"@one.test', 'all@one.test'],
  ['no catch-all, no name', 'nobody@two.test', 'unknown'],
  ['postmaster wins over the catch-all', 'postmaster@one.test', 'postmaster@one.test'],
  ['abuse falls to postmaster', 'Abuse@one.test', 'postmaster@one.test'],
  ['postmaster with a tag', 'postmaster+x@one.test', 'postmaster@one.test'],
  ['postmaster of an empty domain', 'POSTMASTER@bare.test', 'postmaster@bare.test'],
  ['postmaster with a row of its own', 'postmaster@two.test', 'dave@two.test'],
  ['abuse with a row of its own', 'abuse@two.test', 'abuse@two.test'],
  ['a domain alias', 'Alice+x@other.test', 'alice@one.test'],
  ['an alias in a domain alias', 'sales@other.test', 'alice@one.test bob@one.test'],
  ['the catch-all in a domain alias', 'nobody@other.test', 'all@one.test'],
  ['postmaster of a domain alias', 'postmaster@bare-alias.test', 'postmaster@bare.test'],
  ['nobody in a domain alias', 'nobody@bare-alias.test', 'unknown'],
  ['a domain that is not ours', 'alice@three.test', 'elsewhere'],
  ['a name below one of ours', 'alice@mail.one.test', 'elsewhere'],
  ['an IP address', 'alice@[192.0.2.1]', 'elsewhere'],
  ['postmaster of an IP address', 'postmaster@[IPv6:2001:db8::1]', 'elsewhere'],
];

/** The rules that a directory with these traits can follow. */
export function answersOf({ domainAliases, utf8 = true }: SiteTraits): typeof SITE_ANSWERS {
  return SITE_ANSWERS.filter(
    ([rule, address]) => (domainAliases || !rule.includes('domain alias')) && (utf8 || /^\p{ASCII}+$/u.test(address)),
  );
}
