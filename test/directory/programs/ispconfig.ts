import { type HostingProgram, q } from './program.ts';

/** ISPConfig 3.2: the tables of its `ispconfig3.sql`, with the columns that matter to mail and some that do not. */
export const ispconfig: HostingProgram = {
  preset: 'ispconfig',
  databases: ['mysql'],
  schema: () => `
    CREATE TABLE server (server_id int unsigned NOT NULL AUTO_INCREMENT, server_name varchar(255) NOT NULL DEFAULT '', mail_server tinyint(1) NOT NULL DEFAULT 0,
      active tinyint(1) NOT NULL DEFAULT 1, PRIMARY KEY (server_id));
    INSERT INTO server (server_name, mail_server) VALUES ('mail.example', 1), ('web.example', 0);
    CREATE TABLE mail_domain (domain_id int unsigned NOT NULL AUTO_INCREMENT, sys_userid int unsigned NOT NULL DEFAULT 0, server_id int unsigned NOT NULL DEFAULT 0,
      domain varchar(255) NOT NULL DEFAULT '', dkim enum('n','y') NOT NULL DEFAULT 'n', active enum('n','y') NOT NULL DEFAULT 'n',
      PRIMARY KEY (domain_id), KEY server_id (server_id, domain), KEY domain_active (domain, active));
    CREATE TABLE mail_user (mailuser_id int unsigned NOT NULL AUTO_INCREMENT, server_id int unsigned NOT NULL DEFAULT 0, email varchar(255) NOT NULL DEFAULT '',
      login varchar(255) NOT NULL DEFAULT '', password varchar(255) NOT NULL DEFAULT '', quota bigint NOT NULL DEFAULT 0, cc text, forward_in_lda enum('n','y') NOT NULL DEFAULT 'n',
      postfix enum('n','y') NOT NULL DEFAULT 'y', access enum('n','y') NOT NULL DEFAULT 'y', disabledeliver enum('n','y') NOT NULL DEFAULT 'n',
      disablesmtp enum('n','y') NOT NULL DEFAULT 'n', disableimap enum('n','y') NOT NULL DEFAULT 'n',
      PRIMARY KEY (mailuser_id), KEY server_id (server_id, email), KEY email_access (email, access));
    CREATE TABLE mail_forwarding (forwarding_id int unsigned NOT NULL AUTO_INCREMENT, server_id int unsigned NOT NULL DEFAULT 0, source varchar(255) NOT NULL DEFAULT '',
      destination text, type enum('alias','aliasdomain','forward','catchall') NOT NULL DEFAULT 'alias', active enum('n','y') NOT NULL DEFAULT 'n',
      PRIMARY KEY (forwarding_id), KEY server_id (server_id, source), KEY type (type));`,
  addDomain: (name) => `INSERT INTO mail_domain (server_id, domain, active) VALUES (1, ${q(name)}, 'y')`,
  // A domain alias has a row as a domain too.
  addDomainAlias: (name, of) =>
    `INSERT INTO mail_domain (server_id, domain, active) VALUES (1, ${q(name)}, 'y');
     INSERT INTO mail_forwarding (server_id, source, destination, type, active) VALUES (1, ${q(`@${name}`)}, ${q(`@${of}`)}, 'aliasdomain', 'y')`,
  addMailbox: ({ address, quotaBytes }) =>
    `INSERT INTO mail_user (server_id, email, login, quota) VALUES (1, ${q(address)}, ${q(address)}, ${quotaBytes})`,
  addAlias: (address, targets) =>
    `INSERT INTO mail_forwarding (server_id, source, destination, type, active)
     VALUES (1, ${q(address)}, ${q(targets.join('\r\n'))}, '${address.startsWith('@') ? 'catchall' : 'forward'}', 'y')`,
  disable: (address) => `UPDATE mail_user SET postfix = 'n' WHERE email = ${q(address)}`,
  peculiar: {
    write: [
      ...forwarding('all@one.test', "cc = 'dave@two.test'"),
      ...forwarding('bob@one.test', "cc = 'dave@two.test', disabledeliver = 'y'"),
      // The store sends these on.
      ...forwarding('carol@one.test', "cc = 'dave@two.test', forward_in_lda = 'y'"),
      ...forwarding('carol+work@one.test', "cc = 'dave@two.test', disablesmtp = 'y'"),
      `INSERT INTO mail_forwarding (server_id, source, destination, type, active) VALUES (1, 'also@two.test', 'dave@two.test', 'alias', 'y'),
        (1, 'off@two.test', 'dave@two.test', 'forward', 'n'), (1, '@caught.test', 'dave@two.test, bob@one.test', 'catchall', 'y')`,
      "INSERT INTO mail_domain (server_id, domain, active) VALUES (1, 'caught.test', 'y'), (1, 'off.test', 'n')",
      "INSERT INTO mail_forwarding (server_id, source, destination, type, active) VALUES (1, '@bare-name.test', '@one.test', 'aliasdomain', 'y')",
    ],
    answers: [
      ['a mailbox with a copy to another', 'all@one.test', 'all@one.test dave@two.test'],
      ['a mailbox that only sends on', 'bob@one.test', 'dave@two.test'],
      ['a mailbox whose store sends on', 'carol@one.test', 'carol@one.test'],
      ['a mailbox that may not send on', 'carol+work@one.test', 'carol+work@one.test'],
      ['an alias', 'also@two.test', 'dave@two.test'],
      ['a forward that is off', 'off@two.test', 'unknown'],
      ['a catch-all of two', 'who@caught.test', 'dave@two.test'],
      ['a domain that is off', 'alice@off.test', 'elsewhere'],
      ['a domain alias without a row as a domain', 'alice@bare-name.test', 'alice@one.test'],
    ],
  },
};

function forwarding(address: string, set: string): readonly string[] {
  return [`UPDATE mail_user SET ${set} WHERE email = ${q(address)}`];
}
