import { domainOf, type HostingProgram, q } from './program.ts';

/** mailcow: dockerized, of 2024: the tables of its `init_db.inc.php`, with the columns that matter to mail and some that do not. */
export const mailcow: HostingProgram = {
  preset: 'mailcow',
  databases: ['mysql'],
  schema: () => `
    CREATE TABLE domain (domain varchar(255) NOT NULL, description varchar(255), aliases int NOT NULL DEFAULT 0, mailboxes int NOT NULL DEFAULT 0,
      defquota bigint NOT NULL DEFAULT 3072, maxquota bigint NOT NULL DEFAULT 102400, quota bigint NOT NULL DEFAULT 102400,
      relayhost varchar(255) NOT NULL DEFAULT '0', backupmx tinyint(1) NOT NULL DEFAULT 0, gal tinyint(1) NOT NULL DEFAULT 1,
      relay_all_recipients tinyint(1) NOT NULL DEFAULT 0, active tinyint(1) NOT NULL DEFAULT 1, PRIMARY KEY (domain)) ROW_FORMAT=DYNAMIC;
    CREATE TABLE mailbox (username varchar(255) NOT NULL, password varchar(255) NOT NULL, name varchar(255), quota bigint NOT NULL DEFAULT 102400,
      local_part varchar(255) NOT NULL, domain varchar(255) NOT NULL, attributes longtext, kind varchar(100) NOT NULL DEFAULT '',
      active tinyint(1) NOT NULL DEFAULT 1, PRIMARY KEY (username), KEY domain (domain), KEY kind (kind)) ROW_FORMAT=DYNAMIC;
    CREATE TABLE alias (id int NOT NULL AUTO_INCREMENT, address varchar(255) NOT NULL, goto text NOT NULL, domain varchar(255) NOT NULL,
      private_comment text, public_comment text, sogo_visible tinyint(1) NOT NULL DEFAULT 1, active tinyint(1) NOT NULL DEFAULT 1,
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
};
