import { domainOf, type HostingProgram, q } from './program.ts';

/** Modoboa 2, on MariaDB and on PostgreSQL: the tables of its models, with the columns that matter to mail and some that do not. */
export const modoboa: HostingProgram = {
  preset: 'modoboa',
  databases: ['mysql', 'postgres'],
  schema: (kind) => {
    const id = kind === 'mysql' ? 'integer AUTO_INCREMENT NOT NULL PRIMARY KEY' : 'serial NOT NULL PRIMARY KEY';
    return `
      CREATE TABLE admin_domain (id ${id}, name varchar(100) NOT NULL UNIQUE, type varchar(20) NOT NULL DEFAULT 'domain', quota integer NOT NULL DEFAULT 0,
        default_mailbox_quota integer NOT NULL DEFAULT 0, enabled boolean NOT NULL DEFAULT true);
      CREATE TABLE admin_domainalias (id ${id}, name varchar(100) NOT NULL UNIQUE, enabled boolean NOT NULL DEFAULT true, target_id integer NOT NULL);
      CREATE TABLE core_user (id ${id}, username varchar(254) NOT NULL UNIQUE, is_active boolean NOT NULL DEFAULT true);
      CREATE TABLE admin_mailbox (id ${id}, address varchar(252) NOT NULL, quota integer NOT NULL DEFAULT 0, use_domain_quota boolean NOT NULL DEFAULT false,
        domain_id integer NOT NULL, user_id integer NOT NULL);
      CREATE INDEX admin_mailbox_domain ON admin_mailbox (domain_id);
      CREATE TABLE admin_quota (username varchar(254) NOT NULL PRIMARY KEY, bytes bigint NOT NULL DEFAULT 0, messages integer NOT NULL DEFAULT 0);
      CREATE TABLE admin_alias (id ${id}, address varchar(254) NOT NULL, enabled boolean NOT NULL DEFAULT true, internal boolean NOT NULL DEFAULT false,
        expire_at ${kind === 'mysql' ? 'datetime(6)' : 'timestamp with time zone'}, domain_id integer, UNIQUE (address, internal));
      CREATE TABLE modoboa_admin_aliasrecipient (id ${id}, address varchar(254) NOT NULL, alias_id integer NOT NULL, r_alias_id integer, r_mailbox_id integer);
      CREATE INDEX admin_aliasrecipient_alias ON modoboa_admin_aliasrecipient (alias_id);`;
  },
  addDomain: (name) => `INSERT INTO admin_domain (name) VALUES (${q(name)})`,
  // Every domain alias has an internal alias of all its names.
  addDomainAlias: (name, of) =>
    `INSERT INTO admin_domainalias (name, target_id) SELECT ${q(name)}, id FROM admin_domain WHERE name = ${q(of)};
     INSERT INTO admin_alias (address, internal) VALUES (${q(`@${name}`)}, true);
     INSERT INTO modoboa_admin_aliasrecipient (address, alias_id) SELECT ${q(`@${of}`)}, id FROM admin_alias WHERE address = ${q(`@${name}`)}`,
  // Every mailbox has an internal alias of itself.
  addMailbox: ({ address, local, domain, quotaBytes }) =>
    `INSERT INTO core_user (username) VALUES (${q(address)});
     INSERT INTO admin_mailbox (address, quota, domain_id, user_id) SELECT ${q(local)}, ${quotaBytes / 1024 ** 2}, d.id, u.id FROM admin_domain d, core_user u
       WHERE d.name = ${q(domain)} AND u.username = ${q(address)};
     INSERT INTO admin_alias (address, internal) VALUES (${q(address)}, true);
     INSERT INTO modoboa_admin_aliasrecipient (address, alias_id) SELECT ${q(address)}, id FROM admin_alias WHERE address = ${q(address)} AND internal`,
  addAlias: (address, targets) =>
    [
      `INSERT INTO admin_alias (address, domain_id) SELECT ${q(address)}, id FROM admin_domain WHERE name = ${q(domainOf(address))}`,
      ...targets.map(
        (target) =>
          `INSERT INTO modoboa_admin_aliasrecipient (address, alias_id) SELECT ${q(target)}, id FROM admin_alias WHERE address = ${q(address)}`,
      ),
    ].join(';\n'),
  disable: (address) =>
    `UPDATE core_user SET is_active = false WHERE username = ${q(address)}; UPDATE admin_alias SET enabled = false WHERE address = ${q(address)}`,
  setUsed: (address, octets) => `INSERT INTO admin_quota (username, bytes) VALUES (${q(address)}, ${octets})`,
  peculiar: {
    write: [
      ...timed('soon@two.test', "CURRENT_TIMESTAMP + INTERVAL '1' HOUR"),
      ...timed('over@two.test', "CURRENT_TIMESTAMP - INTERVAL '1' HOUR"),
      "INSERT INTO admin_domain (name, type) VALUES ('relayed.test', 'relaydomain')",
      "INSERT INTO admin_domain (name, enabled) VALUES ('off.test', false)",
    ],
    answers: [
      ['an alias with a time', 'soon@two.test', 'dave@two.test'],
      ['an alias whose time is over', 'over@two.test', 'unknown'],
      ['a domain that is relayed', 'alice@relayed.test', 'elsewhere'],
      ['a domain that is off', 'alice@off.test', 'elsewhere'],
    ],
  },
};

function timed(address: string, until: string): readonly string[] {
  return [
    `INSERT INTO admin_alias (address, expire_at) VALUES (${q(address)}, ${until})`,
    `INSERT INTO modoboa_admin_aliasrecipient (address, alias_id) SELECT 'dave@two.test', id FROM admin_alias WHERE address = ${q(address)}`,
  ];
}
