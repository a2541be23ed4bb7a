import type { StatementTexts } from '../source/asked-database.ts';
import { EARLIER_LETTERS } from './earlier-letters.ts';

const MAILBOX = `SELECT 'mailbox' AS kind, address, NULL::text AS target, quota_bytes, used_bytes, antispam, enabled, store FROM mailboxes WHERE`;
const ALIAS = `SELECT 'alias' AS kind, address, string_agg(target, ',' ORDER BY position) AS target, NULL::bigint AS quota_bytes,
  NULL::bigint AS used_bytes, NULL::bigint AS antispam, NULL::bigint AS enabled, NULL::text AS store FROM aliases WHERE`;
const LINE = "concat_ws(' ', id, at, action, subject)";
const DOMAIN = `SELECT name, letter, previous_letter, grace_until, ${EARLIER_LETTERS} AS earlier, alias_of, mailboxes FROM domains WHERE`;

/** Our own tables in PostgreSQL, asked as those of hosting programs are. */
export const OUR_TEXTS: StatementTexts = {
  domain: `${DOMAIN} name = :domain`,
  address: `${MAILBOX} address = :address UNION ALL ${ALIAS} address = :address GROUP BY address`,
  domains: [`${DOMAIN} name > :after ORDER BY name LIMIT :limit`],
  addresses: [
    `${MAILBOX} address > :after ORDER BY address LIMIT :limit`,
    `${ALIAS} address > :after GROUP BY address ORDER BY address LIMIT :limit`,
  ],
  // Every change has its line of the audit in the same transaction, and changes come one after the other. What a line says is a part of the version: numbers come
  // again where a backup is played back.
  version: `SELECT (SELECT ${LINE} FROM audit ORDER BY id DESC LIMIT 1) AS version`,
  changes: `SELECT subject, ${LINE} AS version FROM audit WHERE id >= split_part(:after, ' ', 1)::bigint ORDER BY id LIMIT :limit`,
  stores: 'SELECT DISTINCT store FROM mailboxes WHERE store IS NOT NULL ORDER BY store LIMIT :limit',
};
