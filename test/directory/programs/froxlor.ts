import { type HostingProgram, q } from './program.ts';

/** Froxlor 2: the tables of its `froxlor.sql.php`, with the columns that matter to mail and some that do not. */
export const froxlor: HostingProgram = {
  preset: 'froxlor',
  databases: ['mysql'],
  schema: () => `
    CREATE TABLE panel_domains (id int unsigned NOT NULL AUTO_INCREMENT, domain varchar(255) NOT NULL DEFAULT '', customerid int unsigned NOT NULL DEFAULT 0,
      aliasdomain int unsigned, isemaildomain tinyint(1) NOT NULL DEFAULT 0, deactivated tinyint(1) NOT NULL DEFAULT 0, PRIMARY KEY (id), KEY domain (domain));
    CREATE TABLE mail_users (id int NOT NULL AUTO_INCREMENT, email varchar(255) NOT NULL DEFAULT '', username varchar(255) NOT NULL DEFAULT '',
      homedir varchar(255) NOT NULL DEFAULT '', maildir varchar(255) NOT NULL DEFAULT '', postfix enum('Y','N') NOT NULL DEFAULT 'Y',
      quota bigint NOT NULL DEFAULT 0, imap tinyint(1) NOT NULL DEFAULT 1, mboxsize bigint NOT NULL DEFAULT 0, PRIMARY KEY (id), UNIQUE KEY email (email));
    CREATE TABLE mail_virtual (id int NOT NULL AUTO_INCREMENT, email varchar(255) NOT NULL DEFAULT '', email_full varchar(255) NOT NULL DEFAULT '',
      destination text, domainid int NOT NULL DEFAULT 0, popaccountid int NOT NULL DEFAULT 0, iscatchall tinyint unsigned NOT NULL DEFAULT 0,
      PRIMARY KEY (id), KEY email (email));`,
  addDomain: (name) => `INSERT INTO panel_domains (domain, isemaildomain) VALUES (${q(name)}, 1)`,
  addMailbox: ({ address, quotaBytes }) =>
    `INSERT INTO mail_users (email, username, quota) VALUES (${q(address)}, ${q(address)}, ${quotaBytes / 1024 ** 2});
     INSERT INTO mail_virtual (email, email_full, destination, popaccountid) VALUES (${q(address)}, ${q(address)}, ${q(address)}, LAST_INSERT_ID())`,
  addAlias: (address, targets) => `INSERT INTO mail_virtual (email, email_full, destination, iscatchall)
     VALUES (${q(address)}, ${q(address)}, ${q(targets.join(' '))}, ${address.startsWith('@') ? 1 : 0})`,
  disable: (address) => `UPDATE mail_users SET postfix = 'N' WHERE email = ${q(address)}`,
  setUsed: (address, octets) => `UPDATE mail_users SET mboxsize = ${octets} WHERE email = ${q(address)}`,
  peculiar: {
    write: [
      // A mailbox with a forwarder, an address with neither, and a mailbox that is the catch-all of its domain.
      "UPDATE mail_virtual SET destination = 'alice@one.test dave@two.test' WHERE email = 'alice@one.test'",
      "INSERT INTO mail_virtual (email, email_full, destination) VALUES ('none@two.test', 'none@two.test', '')",
      "INSERT INTO panel_domains (domain, isemaildomain) VALUES ('caught.test', 1), ('web.test', 0)",
      "INSERT INTO panel_domains (domain, isemaildomain, deactivated) VALUES ('off.test', 1, 1)",
      "INSERT INTO mail_users (email, username) VALUES ('info@caught.test', 'info@caught.test')",
      `INSERT INTO mail_virtual (email, email_full, destination, popaccountid, iscatchall)
        VALUES ('@caught.test', 'info@caught.test', 'info@caught.test', 1, 1)`,
    ],
    answers: [
      ['a mailbox with a forwarder', 'alice@one.test', 'alice@one.test dave@two.test'],
      ['an address that leads nowhere', 'none@two.test', 'unknown'],
      ['a mailbox that is a catch-all, by its own name', 'info@caught.test', 'info@caught.test'],
      ['the same by any other', 'who@caught.test', 'info@caught.test'],
      ['a domain for the web', 'alice@web.test', 'elsewhere'],
      ['a domain that is off', 'alice@off.test', 'elsewhere'],
    ],
  },
};
