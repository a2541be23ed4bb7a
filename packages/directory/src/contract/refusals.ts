import { ALIAS_TARGETS_MAX } from '../limits.ts';
import type { Register } from '../register.ts';
import { ACTOR, START } from './opened.ts';

interface RefusalRow {
  readonly what: string;
  /** Asked of the site of `fillSite`, twice: the first time must change nothing. */
  readonly change: (register: Register) => Promise<unknown>;
  readonly says: string;
}

const DOMAINS: readonly RefusalRow[] = [
  { what: 'a domain twice', change: (r) => r.addDomain('ONE.test', 'a', ACTOR), says: 'one.test is a domain of ours already' },
  {
    what: 'an alias of an unknown domain',
    change: (r) => r.addDomain('x.test', 'a', ACTOR, { aliasOf: 'onee.test' }),
    says: 'did you mean one.test?',
  },
  {
    what: 'an alias of a domain alias',
    change: (r) => r.addDomain('x.test', 'a', ACTOR, { aliasOf: 'other.test' }),
    says: 'other.test is itself an alias of one.test',
  },
  { what: 'no domain name', change: (r) => r.addDomain('a..b', 'a', ACTOR), says: '"a..b" is not a domain name' },
  { what: 'an IP address as a domain', change: (r) => r.addDomain('192.0.2.1', 'a', ACTOR), says: 'is not a domain name' },
  {
    what: 'policy of an unknown domain',
    change: (r) => r.setPolicy('onee.test', 'a', START, ACTOR),
    says: 'onee.test is not a domain of ours; did you mean one.test?',
  },
  { what: 'mailboxes of an unknown domain', change: (r) => r.listMailboxes('zzzzzzzz.example'), says: 'is not a domain of ours' },
];

const MAILBOXES: readonly RefusalRow[] = [
  { what: 'a mailbox twice', change: (r) => r.addMailbox('Alice@one.test', {}, ACTOR), says: 'alice@one.test is a mailbox already' },
  { what: 'a mailbox where an alias is', change: (r) => r.addMailbox('sales@one.test', {}, ACTOR), says: 'is an alias already, of alice@' },
  {
    what: 'a mailbox elsewhere',
    change: (r) => r.addMailbox('a@two.tset', {}, ACTOR),
    says: 'not a domain of ours; did you mean two.test?',
  },
  { what: 'a mailbox in a domain alias', change: (r) => r.addMailbox('a@other.test', {}, ACTOR), says: 'add the address there' },
  { what: 'no address', change: (r) => r.addMailbox('alice', {}, ACTOR), says: '"alice" is not an address' },
  { what: 'a catch-all as a mailbox', change: (r) => r.addMailbox('@one.test', {}, ACTOR), says: 'is not an address' },
  { what: 'an empty name', change: (r) => r.addMailbox('""@one.test', {}, ACTOR), says: 'is not an address' },
  { what: 'a name that needs quotes', change: (r) => r.addMailbox('"a@b"@one.test', {}, ACTOR), says: 'must do without quotes' },
  {
    what: 'a name twice, composed otherwise',
    change: (r) => r.addMailbox('Z\u030cOFIE@one.test', {}, ACTOR),
    says: 'žofie@one.test is a mailbox already',
  },
  { what: 'an address at an IP address', change: (r) => r.addMailbox('a@[192.0.2.1]', {}, ACTOR), says: 'is at an IP address' },
  { what: 'an endless address', change: (r) => r.addMailbox(`${'a'.repeat(500)}@one.test`, {}, ACTOR), says: 'too long' },
  { what: 'a quota of half an octet', change: (r) => r.setQuota('bob@one.test', 0.5, ACTOR), says: 'a whole number of octets above 0' },
  {
    what: 'no quota at all',
    change: (r) => r.addMailbox('x@one.test', { quotaBytes: 0 }, ACTOR),
    says: 'a whole number of octets above 0',
  },
  {
    what: 'an unknown mailbox',
    change: (r) => r.setQuota('alcie@one.test', 1, ACTOR),
    says: 'there is no mailbox alcie@one.test; did you mean alice@one.test?',
  },
  { what: 'settings of an alias', change: (r) => r.setEnabled('sales@one.test', false, ACTOR), says: 'is an alias of alice@one.test' },
  { what: 'settings of a postmaster without a row', change: (r) => r.setQuota('postmaster@one.test', 1, ACTOR), says: 'always exists' },
  { what: 'a full postmaster', change: (r) => r.addMailbox('postmaster@one.test', { quotaBytes: 1 }, ACTOR), says: 'cannot have a quota' },
  { what: 'a disabled abuse', change: (r) => r.setEnabled('abuse@two.test', false, ACTOR), says: 'abuse@two.test cannot be disabled' },
  { what: 'a store of nothing', change: (r) => r.setStore('bob@one.test', '', ACTOR), says: 'a store is the URL of a delivery' },
  { what: 'a store in two lines', change: (r) => r.addMailbox('x@one.test', { store: 'maildir:/a\n/b' }, ACTOR), says: 'printable ASCII' },
  { what: 'an endless store', change: (r) => r.setStore('bob@one.test', `maildir:/${'a'.repeat(500)}`, ACTOR), says: 'at most 500' },
  { what: 'a store of an alias', change: (r) => r.setStore('sales@one.test', null, ACTOR), says: 'is an alias of alice@one.test' },
  { what: 'usage that is no number', change: (r) => r.addUsage('bob@one.test', Number.NaN), says: 'octets are counted in whole numbers' },
];

const alias =
  (address: string, ...targets: string[]) =>
  (register: Register) =>
    register.addAlias(address, targets, ACTOR);

const ALIASES: readonly RefusalRow[] = [
  { what: 'an alias twice', change: alias('Sales@one.test', 'bob@one.test'), says: 'sales@one.test is an alias already' },
  { what: 'a second catch-all', change: alias('@ONE.test', 'bob@one.test'), says: '@one.test is an alias already' },
  { what: 'an alias where a mailbox is', change: alias('bob@one.test', 'alice@one.test'), says: 'bob@one.test is a mailbox already' },
  { what: 'an alias without targets', change: alias('new@one.test'), says: 'needs at least one target' },
  { what: 'a target outside', change: alias('new@one.test', 'bob@gmail.example'), says: 'bob@gmail.example is not ours' },
  { what: 'the way outside', change: alias('new@one.test', 'bob@gmail.example'), says: 'the work of the mailbox store (Sieve)' },
  { what: 'an unknown target', change: alias('new@one.test', 'salse@one.test'), says: 'did you mean sales@one.test?' },
  {
    what: 'a target that only the catch-all takes',
    change: alias('new@one.test', 'zzzzzz@one.test'),
    says: 'there is no mailbox or alias',
  },
  { what: 'a target that is a catch-all', change: alias('new@one.test', '@two.test'), says: 'is not an address' },
  { what: 'an alias in an unknown domain', change: alias('new@three.test', 'bob@one.test'), says: 'three.test is not a domain of ours' },
  { what: 'an alias in a domain alias', change: alias('a@other.test', 'bob@one.test'), says: 'other.test is an alias of one.test' },
  { what: 'an alias of itself', change: alias('new@one.test', 'new@one.test'), says: 'lead to itself: new@one.test -> new@one.test' },
  {
    what: 'a loop through what abuse implies',
    change: alias('postmaster@one.test', 'bob@one.test', 'abuse@one.test'),
    says: 'lead to itself: postmaster@one.test -> abuse@one.test -> postmaster@one.test',
  },
  {
    what: 'a loop through other aliases',
    change: alias('postmaster@one.test', 'office@one.test'),
    says: 'postmaster@one.test -> office@one.test -> postmaster@one.test',
  },
  {
    what: 'too many targets',
    change: alias('new@one.test', ...Array.from({ length: ALIAS_TARGETS_MAX + 1 }, () => 'bob@one.test')),
    says: `more than ${ALIAS_TARGETS_MAX}`,
  },
];

/** Every change that makes no sense, with words its refusal must hold. */
export const REFUSALS: readonly RefusalRow[] = [...DOMAINS, ...MAILBOXES, ...ALIASES];
