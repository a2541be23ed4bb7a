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
      login varchar(255) NOT NULL DEFAULT '', password varchar(255) NOT NULL DEFAULT '', quota bigint NOT NULL DEFAULT -1, cc text NOT NULL DEFAULT '',
      postfix enum('n','y') NOT NULL DEFAULT 'y', disableimap enum('n','y') NOT NULL DEFAULT 'n',
      PRIMARY KEY (mailuser_id), KEY server_id (server_id, email));
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
};
