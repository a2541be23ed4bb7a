import { domainOf, type HostingProgram, q } from './program.ts';

/** PostfixAdmin 3.3, on MariaDB and on PostgreSQL: the tables of its `upgrade.php`, with the columns that matter to mail and some that do not. */
export const postfixadmin: HostingProgram = {
  preset: 'postfixadmin',
  databases: ['mysql', 'postgres'],
  schema: (kind) => {
    const flag = kind === 'mysql' ? 'tinyint(1) NOT NULL DEFAULT' : 'boolean NOT NULL DEFAULT';
    const [yes, no] = kind === 'mysql' ? ['1', '0'] : ['true', 'false'];
    const key = kind === 'mysql' ? 'KEY domain (domain),' : '';
    return `
      CREATE TABLE domain (domain varchar(255) NOT NULL, description varchar(255) NOT NULL, aliases int NOT NULL DEFAULT 0, mailboxes int NOT NULL DEFAULT 0,
        maxquota bigint NOT NULL DEFAULT 0, quota bigint NOT NULL DEFAULT 0, transport varchar(255) NOT NULL DEFAULT 'virtual',
        backupmx ${flag} ${no}, active ${flag} ${yes}, PRIMARY KEY (domain));
      CREATE TABLE mailbox (username varchar(255) NOT NULL, password varchar(255) NOT NULL, name varchar(255) NOT NULL DEFAULT '',
        maildir varchar(255) NOT NULL DEFAULT '', quota bigint NOT NULL DEFAULT 0, local_part varchar(255) NOT NULL, domain varchar(255) NOT NULL,
        active ${flag} ${yes}, ${key} PRIMARY KEY (username));
      CREATE TABLE alias (address varchar(255) NOT NULL, goto text NOT NULL, domain varchar(255) NOT NULL, active ${flag} ${yes}, ${key} PRIMARY KEY (address));
      CREATE TABLE alias_domain (alias_domain varchar(255) NOT NULL, target_domain varchar(255) NOT NULL, active ${flag} ${yes}, PRIMARY KEY (alias_domain));
      CREATE TABLE quota2 (username varchar(100) NOT NULL, bytes bigint NOT NULL DEFAULT 0, messages int NOT NULL DEFAULT 0, PRIMARY KEY (username));
      INSERT INTO domain (domain, description) VALUES ('ALL', '');`;
  },
  addDomain: (name) => `INSERT INTO domain (domain, description) VALUES (${q(name)}, '')`,
  // A domain alias has a row as a domain too.
  addDomainAlias: (name, of) =>
    `INSERT INTO domain (domain, description) VALUES (${q(name)}, ''); INSERT INTO alias_domain (alias_domain, target_domain) VALUES (${q(name)}, ${q(of)})`,
  // Every mailbox is also an alias of itself.
  addMailbox: ({ address, local, domain, quotaBytes }) =>
    `INSERT INTO mailbox (username, password, quota, local_part, domain) VALUES (${q(address)}, 'x', ${quotaBytes}, ${q(local)}, ${q(domain)});
     INSERT INTO alias (address, goto, domain) VALUES (${q(address)}, ${q(address)}, ${q(domain)})`,
  addAlias: (address, targets) =>
    `INSERT INTO alias (address, goto, domain) VALUES (${q(address)}, ${q(targets.join(','))}, ${q(domainOf(address))})`,
  disable: (address) =>
    `UPDATE mailbox SET active = false WHERE username = ${q(address)}; UPDATE alias SET active = false WHERE address = ${q(address)}`,
  setUsed: (address, octets) => `INSERT INTO quota2 (username, bytes) VALUES (${q(address)}, ${octets})`,
  peculiar: {
    write: [
      `INSERT INTO domain (domain, description) VALUES ('fwd.test', '')`,
      `INSERT INTO alias (address, goto, domain) VALUES ('@fwd.test', '@one.test', 'fwd.test')`,
      // On vacation: the autoresponder is a target, in a domain that the site chose.
      `UPDATE alias SET goto = 'dave@two.test,dave#two.test@vacation.example' WHERE address = 'dave@two.test'`,
      `INSERT INTO alias (address, goto, domain) VALUES ('away@two.test', 'dave@two.test,away#two.test@autoreply.two.test', 'two.test')`,
      `INSERT INTO alias (address, goto, domain, active) VALUES ('off@two.test', 'dave@two.test', 'two.test', false)`,
      `INSERT INTO domain (domain, description, backupmx) VALUES ('relayed.test', '', true)`,
      `INSERT INTO domain (domain, description, active) VALUES ('off.test', '', false)`,
    ],
    answers: [
      ['a mailbox, forwarded with its whole domain', 'Alice+x@fwd.test', 'alice@one.test'],
      ['an alias, forwarded with its whole domain', 'sales@fwd.test', 'alice@one.test bob@one.test'],
      ['the catch-all of that domain', 'nobody@fwd.test', 'all@one.test'],
      ['a mailbox on vacation', 'dave@two.test', 'dave@two.test'],
      ['an alias on vacation', 'away@two.test', 'dave@two.test'],
      ['an alias that is off', 'off@two.test', 'unknown'],
      ['a domain that is relayed', 'alice@relayed.test', 'elsewhere'],
      ['a domain that is off', 'alice@off.test', 'elsewhere'],
    ],
  },
};
