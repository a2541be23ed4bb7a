import { domainOf, type HostingProgram, q } from './program.ts';

/** mailcow: dockerized, of 2026: the tables of its `init_db.inc.php`, with the columns that matter to mail and some that do not. */
export const mailcow: HostingProgram = {
  preset: 'mailcow',
  databases: ['mysql'],
  schema: () => `
    CREATE TABLE spamalias (address varchar(255) NOT NULL, goto text NOT NULL, description text NOT NULL DEFAULT '', validity int,
      permanent tinyint(1) NOT NULL DEFAULT 0, PRIMARY KEY (address)) ROW_FORMAT=DYNAMIC;
    CREATE TABLE recipient_maps (id int NOT NULL AUTO_INCREMENT, old_dest varchar(255) NOT NULL, new_dest varchar(255) NOT NULL,
      active tinyint(1) NOT NULL DEFAULT 0, PRIMARY KEY (id), KEY local_dest (old_dest)) ROW_FORMAT=DYNAMIC;
    CREATE TABLE domain (domain varchar(255) NOT NULL, description varchar(255), aliases int NOT NULL DEFAULT 0, mailboxes int NOT NULL DEFAULT 0,
      defquota bigint NOT NULL DEFAULT 3072, maxquota bigint NOT NULL DEFAULT 102400, quota bigint NOT NULL DEFAULT 102400,
      relayhost varchar(255) NOT NULL DEFAULT '0', backupmx tinyint(1) NOT NULL DEFAULT 0, gal tinyint(1) NOT NULL DEFAULT 1,
      relay_all_recipients tinyint(1) NOT NULL DEFAULT 0, active tinyint(1) NOT NULL DEFAULT 1, PRIMARY KEY (domain)) ROW_FORMAT=DYNAMIC;
    CREATE TABLE mailbox (username varchar(255) NOT NULL, password varchar(255) NOT NULL, name varchar(255), quota bigint NOT NULL DEFAULT 102400,
      local_part varchar(255) NOT NULL, domain varchar(255) NOT NULL, attributes longtext, kind varchar(100) NOT NULL DEFAULT '',
      active tinyint(1) NOT NULL DEFAULT 1, PRIMARY KEY (username), KEY domain (domain), KEY kind (kind)) ROW_FORMAT=DYNAMIC;
    CREATE TABLE alias (id int NOT NULL AUTO_INCREMENT, address varchar(255) NOT NULL, goto text NOT NULL, domain varchar(255) NOT NULL,
      private_comment text, public_comment text, sogo_visible tinyint(1) NOT NULL DEFAULT 1, internal tinyint(1) NOT NULL DEFAULT 0,
      sender_allowed tinyint(1) NOT NULL DEFAULT 1, active tinyint(1) NOT NULL DEFAULT 1,
      PRIMARY KEY (id), UNIQUE KEY address (address), KEY domain (domain)) ROW_FORMAT=DYNAMIC;
    CREATE TABLE alias_domain (alias_domain varchar(255) NOT NULL, target_domain varchar(255) NOT NULL, active tinyint(1) NOT NULL DEFAULT 1,
      PRIMARY KEY (alias_domain), KEY active (active), KEY target_domain (target_domain)) ROW_FORMAT=DYNAMIC;
    CREATE TABLE quota2 (username varchar(255) NOT NULL, bytes bigint NOT NULL DEFAULT 0, messages bigint NOT NULL DEFAULT 0, PRIMARY KEY (username));`,
  addDomain: (name) => `INSERT INTO domain (domain) VALUES (${q(name)})`,
  addDomainAlias: (name, of) => `INSERT INTO alias_domain (alias_domain, target_domain) VALUES (${q(name)}, ${q(of)})`,
  addMailbox: ({ address, local, domain, quotaBytes }) =>
    `INSERT INTO mailbox (username, password, quota, local_part, domain) VALUES (${q(address)}, 'x', ${quotaBytes}, ${q(local)}, ${q(domain)});
     INSERT INTO alias (address, goto, domain) VALUES (${q(address)}, ${q(address)}, ${q(domain)})`,
  addAlias: (address, targets) =>
    `INSERT INTO alias (address, goto, domain) VALUES (${q(address)}, ${q(targets.join(','))}, ${q(domainOf(address))})`,
  disable: (address) =>
    `UPDATE mailbox SET active = 0 WHERE username = ${q(address)}; UPDATE alias SET active = 0 WHERE address = ${q(address)}`,
  setUsed: (address, octets) => `INSERT INTO quota2 (username, bytes) VALUES (${q(address)}, ${octets})`,
  peculiar: {
    write: [
      ...timed('soon@two.test', 'UNIX_TIMESTAMP() + 3600'),
      ...timed('over@two.test', 'UNIX_TIMESTAMP() - 1'),
      "INSERT INTO spamalias (address, goto, validity, permanent) VALUES ('ever@two.test', 'dave@two.test', NULL, 1)",
      // Active without a log-in.
      "UPDATE mailbox SET active = 2 WHERE username = 'dave@two.test'; UPDATE alias SET active = 2 WHERE address = 'dave@two.test'",
      "INSERT INTO alias (address, goto, domain) VALUES ('spam@two.test', 'spam@localhost', 'two.test'), ('null@two.test', 'null@localhost', 'two.test'), ('some@two.test', 'dave@two.test,null@localhost', 'two.test')",
      "INSERT INTO recipient_maps (old_dest, new_dest, active) VALUES ('bob@one.test', 'dave@two.test', 1), ('old@two.test', 'alice@one.test', 1)",
      "INSERT INTO recipient_maps (old_dest, new_dest, active) VALUES ('@old.test', '@one.test', 1), ('off@two.test', 'alice@one.test', 0)",
      "INSERT INTO domain (domain) VALUES ('old.test')",
      "INSERT INTO domain (domain, backupmx) VALUES ('relayed.test', 1)",
    ],
    answers: [
      ['an address with a time', 'soon@two.test', 'dave@two.test'],
      ['the same with a tag', 'Soon+x@two.test', 'dave@two.test'],
      ['an address whose time is over', 'over@two.test', 'unknown'],
      ['such an address without an end', 'ever@two.test', 'dave@two.test'],
      ['a mailbox without a log-in', 'dave@two.test', 'dave@two.test'],
      ['an address that only teaches the filter', 'spam@two.test', 'outside'],
      ['an address whose mail is discarded', 'null@two.test', 'outside'],
      ['an alias one of whose targets discards', 'some@two.test', 'dave@two.test'],
      ['a mailbox whose mail is rewritten to another', 'bob@one.test', 'dave@two.test'],
      ['a rewriting without a mailbox', 'old@two.test', 'alice@one.test'],
      ['a rewriting of a whole domain', 'alice@old.test', 'alice@one.test'],
      ['a rewriting that is off', 'off@two.test', 'unknown'],
      ['a domain that is relayed', 'alice@relayed.test', 'elsewhere'],
    ],
  },
};

/** Before addresses without an end came. */
export const olderMailcow: HostingProgram = {
  ...mailcow,
  schema: (kind) => mailcow.schema(kind).replace('permanent tinyint(1) NOT NULL DEFAULT 0,', ''),
  peculiar: {
    write: [...timed('soon@two.test', 'UNIX_TIMESTAMP() + 3600'), ...timed('over@two.test', 'UNIX_TIMESTAMP() - 1')],
    answers: mailcow.peculiar.answers.slice(0, 3),
  },
};

function timed(address: string, validity: string): readonly string[] {
  return [`INSERT INTO spamalias (address, goto, validity) VALUES (${q(address)}, 'dave@two.test', ${validity})`];
}
