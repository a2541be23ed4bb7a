/** Programs whose databases are known. */
export const PRESETS = ['postfixadmin', 'mailcow', 'ispconfig', 'modoboa', 'froxlor'] as const;

/** One of them. */
export type PresetName = (typeof PRESETS)[number];

/** What is asked of a database. The column names are the contract: docs/ADOPTING.md. */
export interface Preset {
  /** By `:domain`. */
  readonly domain: string;
  /** By `:address`, `:domain`, `:local`; of a catch-all the address is `@domain` and the local part is empty. */
  readonly address: string;
  /** All domains, in parts: each gives those after `:after`, by name, at most `:limit`, with the columns of `domain`. */
  readonly domains: readonly string[];
  /** All rows of addresses, in parts: each gives those after `:after`, by address, at most `:limit` rows, with the columns of `address`. */
  readonly addresses: readonly string[];
  /** See `RowReading`. */
  readonly ignored?: (target: string, address: string) => boolean;
}

/** Which databases a preset's program runs on, and the statements for each. */
type ByDatabase = Readonly<Partial<Record<'mysql' | 'postgres', Preset>>>;

/** The end of a statement that lists. */
const page = (column: string, then?: string): string =>
  `${column} > :after ORDER BY ${then === undefined ? column : `${column}, ${then}`} LIMIT :limit`;

// Flags are read as they are, so that the same text serves tinyint, boolean and enum columns.
function postfixadmin(): Preset {
  const domain = `SELECT d.domain AS name, a.target_domain AS alias_of FROM domain d
    LEFT JOIN alias_domain a ON a.alias_domain = d.domain AND a.active WHERE d.domain <> 'ALL' AND d.active AND NOT d.backupmx`;
  const mailbox = `SELECT 'mailbox' AS kind, m.username AS address, NULL AS target, m.quota AS quota_bytes, q.bytes AS used_bytes,
    CASE WHEN m.active THEN 1 ELSE 0 END AS enabled FROM mailbox m LEFT JOIN quota2 q ON q.username = m.username WHERE`;
  const alias =
    "SELECT 'alias' AS kind, a.address, a.goto AS target, NULL AS quota_bytes, NULL AS used_bytes, 1 AS enabled FROM alias a WHERE a.active AND";
  return {
    ...combine(domain, 'd.domain'),
    address: `${mailbox} m.username = :address UNION ALL ${alias} a.address = :address`,
    addresses: [`${mailbox} ${page('m.username')}`, `${alias} ${page('a.address')}`],
    // Its autoresponder is a target of its own, in a domain that the site chose: alice#example.org@autoreply.example.org.
    ignored: (target, address) => target.toLowerCase().startsWith(`${address.replace('@', '#')}@`),
  };
}

function combine(domain: string, column: string): Pick<Preset, 'domain' | 'domains'> {
  return { domain: `${domain} AND ${column} = :domain`, domains: [`${domain} AND ${page(column)}`] };
}

function mailcow(): Preset {
  const own = 'SELECT d.domain AS name, NULL AS alias_of FROM domain d WHERE d.active = 1 AND d.backupmx = 0 AND';
  const other = 'SELECT a.alias_domain AS name, a.target_domain AS alias_of FROM alias_domain a WHERE a.active = 1 AND';
  const mailbox = `SELECT 'mailbox' AS kind, m.username AS address, NULL AS target, m.quota AS quota_bytes, q.bytes AS used_bytes,
    m.active > 0 AS enabled FROM mailbox m LEFT JOIN quota2 q ON q.username = m.username WHERE`;
  const aliasOf = (from: string, address: string, target: string): string =>
    `SELECT 'alias' AS kind, ${address} AS address, ${target} AS target, NULL AS quota_bytes, NULL AS used_bytes, 1 AS enabled FROM ${from} WHERE`;
  // A rewriting of recipients goes before the aliases of the same address.
  const alias = `${aliasOf('alias a', 'a.address', 'a.goto')} a.active > 0
    AND NOT EXISTS (SELECT 1 FROM recipient_maps c WHERE c.old_dest = a.address AND c.active = 1) AND`;
  const rewritten = `${aliasOf('recipient_maps r', 'r.old_dest', 'r.new_dest')} r.active = 1 AND`;
  // Until a time, or, in versions that have the column, for good: where the inner table lacks it, the name means the outer one.
  const timed = `${aliasOf('(SELECT 0 AS permanent) older STRAIGHT_JOIN spamalias s', 's.address', 's.goto')} (s.validity >= UNIX_TIMESTAMP()
    OR (SELECT permanent FROM spamalias p WHERE p.address = s.address) <> 0) AND`;
  return {
    domain: `${own} d.domain = :domain UNION ALL ${other} a.alias_domain = :domain`,
    domains: [`${own} ${page('d.domain')}`, `${other} ${page('a.alias_domain')}`],
    address: [
      `${mailbox} m.username = :address`,
      `${alias} a.address = :address`,
      `${rewritten} r.old_dest = :address`,
      `${timed} s.address = :address`,
    ].join(' UNION ALL '),
    addresses: [
      `${mailbox} ${page('m.username')}`,
      `${alias} ${page('a.address')}`,
      `${rewritten} ${page('r.old_dest')}`,
      `${timed} ${page('s.address')}`,
    ],
    // Discarding, and teaching the spam filter: its Postfix does both.
    ignored: (target) => /^(?:null|spam|ham)@localhost$/u.test(target),
  };
}

function ispconfig(): Preset {
  // By server, since that is what the indexes begin with; there are few servers.
  const server = 'FROM server s STRAIGHT_JOIN';
  const own = "SELECT d.domain AS name, NULL AS alias_of FROM mail_domain d WHERE d.active = 'y' AND";
  const other = (where: string): string =>
    `SELECT SUBSTRING(f.source, 2) AS name, SUBSTRING(f.destination, 2) AS alias_of ${server} mail_forwarding f ON f.server_id = s.server_id AND ${where}`;
  const otherOnly = "f.type = 'aliasdomain' AND f.active = 'y'";
  const mailbox = (
    where: string,
  ): string => `SELECT 'mailbox' AS kind, m.email AS address, NULL AS target, m.quota AS quota_bytes, NULL AS used_bytes,
    m.postfix = 'y' AND m.disabledeliver = 'n' AS enabled ${server} mail_user m ON m.server_id = s.server_id AND ${where}`;
  // Copies that a mailbox sends on are an alias that keeps one, unless the mailbox takes no mail itself. Those that the store sends on are its matter.
  const copy = (
    where: string,
  ): string => `SELECT 'alias' AS kind, m.email AS address, IF(m.disabledeliver = 'y', m.cc, CONCAT(m.email, ',', m.cc)) AS target, NULL AS quota_bytes,
    NULL AS used_bytes, 1 AS enabled ${server} mail_user m ON m.server_id = s.server_id AND ${where}
    WHERE m.cc <> '' AND m.disablesmtp = 'n' AND (m.forward_in_lda = 'n' OR m.disabledeliver = 'y')`;
  const alias = (
    where: string,
  ): string => `SELECT 'alias' AS kind, f.source AS address, f.destination AS target, NULL AS quota_bytes, NULL AS used_bytes,
    1 AS enabled ${server} mail_forwarding f ON f.server_id = s.server_id AND ${where} WHERE f.type <> 'aliasdomain' AND f.active = 'y'`;
  return {
    domain: `${own} d.domain = :domain UNION ALL ${other("f.source = CONCAT('@', :domain)")} WHERE ${otherOnly}`,
    domains: [`${own} ${page('d.domain')}`, `${other("f.source > CONCAT('@', :after)")} WHERE ${otherOnly} ORDER BY name LIMIT :limit`],
    address: [mailbox('m.email = :address'), copy('m.email = :address'), alias('f.source = :address')].join(' UNION ALL '),
    addresses: [mailbox('m.email > :after'), copy('m.email > :after'), alias('f.source > :after')].map(
      (one) => `${one} ORDER BY address LIMIT :limit`,
    ),
  };
}

function modoboa(concat: (...parts: string[]) => string): Preset {
  const own = "SELECT d.name AS name, NULL AS alias_of FROM admin_domain d WHERE d.enabled AND d.type = 'domain' AND";
  const other = `SELECT a.name AS name, d.name AS alias_of FROM admin_domainalias a JOIN admin_domain d ON d.id = a.target_id
    WHERE a.enabled AND d.enabled AND`;
  const full = concat('m.address', "'@'", 'd.name');
  const mailbox = (
    where: string,
  ): string => `SELECT 'mailbox' AS kind, ${full} AS address, NULL AS target, m.quota * 1048576 AS quota_bytes,
    q.bytes AS used_bytes, CASE WHEN u.is_active THEN 1 ELSE 0 END AS enabled FROM admin_domain d JOIN admin_mailbox m ON m.domain_id = d.id
    JOIN core_user u ON u.id = m.user_id LEFT JOIN admin_quota q ON q.username = ${full} WHERE ${where}`;
  const alias = `SELECT 'alias' AS kind, a.address AS address, r.address AS target, NULL AS quota_bytes, NULL AS used_bytes, 1 AS enabled
    FROM admin_alias a JOIN modoboa_admin_aliasrecipient r ON r.alias_id = a.id
    WHERE a.enabled AND (a.expire_at IS NULL OR a.expire_at > CURRENT_TIMESTAMP) AND`;
  return {
    domain: `${own} d.name = :domain UNION ALL ${other} a.name = :domain`,
    domains: [`${own} ${page('d.name')}`, `${other} ${page('a.name')}`],
    address: `${mailbox('d.name = :domain AND m.address = :local')} UNION ALL ${alias} a.address = :address`,
    addresses: [`${mailbox(`${full} > :after`)} ORDER BY address LIMIT :limit`, `${alias} ${page('a.address', 'r.id')}`],
  };
}

function froxlor(): Preset {
  const domain = 'SELECT d.domain AS name FROM panel_domains d WHERE d.isemaildomain = 1 AND d.deactivated = 0';
  // The quota is in MiB.
  const mailbox = `SELECT 'mailbox' AS kind, m.email AS address, NULL AS target, m.quota * 1048576 AS quota_bytes, m.mboxsize AS used_bytes,
    m.postfix = 'Y' AS enabled FROM mail_users m WHERE`;
  const alias = `SELECT 'alias' AS kind, v.email AS address, v.destination AS target, NULL AS quota_bytes, NULL AS used_bytes, 1 AS enabled
    FROM mail_virtual v WHERE v.destination <> '' AND`;
  return {
    ...combine(domain, 'd.domain'),
    address: `${mailbox} m.email = :address UNION ALL ${alias} v.email = :address`,
    addresses: [`${mailbox} ${page('m.email')}`, `${alias} ${page('v.email')}`],
  };
}

const CONCAT = { mysql: (...parts: string[]) => `CONCAT(${parts.join(', ')})`, postgres: (...parts: string[]) => parts.join(' || ') };

const ALL: Readonly<Record<PresetName, ByDatabase>> = {
  postfixadmin: { mysql: postfixadmin(), postgres: postfixadmin() },
  mailcow: { mysql: mailcow() },
  ispconfig: { mysql: ispconfig() },
  modoboa: { mysql: modoboa(CONCAT.mysql), postgres: modoboa(CONCAT.postgres) },
  froxlor: { mysql: froxlor() },
};

/** The statements of a preset, or undefined where its program does not run on that database. */
export function findPreset(name: PresetName, database: 'mysql' | 'postgres' | 'sqlite'): Preset | undefined {
  return database === 'sqlite' ? undefined : ALL[name][database];
}
