import type { HeaderRow, SignatureField } from 'mailauth/lib/dkim/dkim-verifier.js';
import {
  AUTHOR_FIELDS_MAX_BYTES,
  DKIM_SIGNATURES_MAX,
  DOMAIN_MAX_CHARS,
  SIGNATURE_FIELD_MAX_BYTES,
  SIGNATURE_FIELDS_MAX_BYTES,
  SIGNATURE_NON_ASCII_MAX,
  SIGNATURE_TAGS_MAX,
  SIGNATURE_WHITE_SPACE_MAX,
  SIGNED_FIELDS_MAX_BYTES,
  SIGNED_NAMES_MAX,
} from '../../limits.ts';

/** The rows that say who vouches for the message, and what is not checked of them, with the reason. */
export interface SignatureRows {
  /** DKIM-Signature and ARC fields within the bounds, and the From fields, in the order of the message. */
  readonly checked: readonly HeaderRow[];
  /** One reason for each DKIM-Signature that is left out, or one for all of them. */
  readonly dkim: readonly string[];
  readonly arc: string | undefined;
  /** Why there is no author, as far as it shows before the From fields are read. */
  readonly author: string | undefined;
}

/** Chooses what is checked. Every bound is far above what honest mail has, and everything left out has its reason. */
export function boundSignatures(rows: readonly HeaderRow[]): SignatureRows {
  const dkimRows = rows.filter(({ key }) => key === 'dkim-signature');
  const arcRows = rows.filter(({ key }) => key.startsWith('arc-'));
  const fromRows = rows.filter(({ key }) => key === 'from');
  const tooMany = tooManySignatures(dkimRows);
  const dkimReasons = tooMany === undefined ? dkimRows.map(unreadable) : [tooMany];
  const dkimChecked = tooMany === undefined ? dkimRows.filter((_row, index) => dkimReasons[index] === undefined) : [];
  const dkim = dkimReasons.filter((reason) => reason !== undefined);
  const arc = tooLargeTogether(arcRows) ?? arcRows.map(unreadable).find((reason) => reason !== undefined);
  const author = sizeOf(fromRows) > AUTHOR_FIELDS_MAX_BYTES ? `From fields of more than ${AUTHOR_FIELDS_MAX_BYTES} octets` : undefined;
  const checked = new Set([...dkimChecked, ...(arc === undefined ? arcRows : []), ...(author === undefined ? fromRows : [])]);
  return { checked: rows.filter((row) => checked.has(row)), dkim, arc, author };
}

function tooManySignatures(rows: readonly HeaderRow[]): string | undefined {
  if (rows.length > DKIM_SIGNATURES_MAX) return `more than ${DKIM_SIGNATURES_MAX} signatures, none was checked`;
  return tooLargeTogether(rows);
}

function tooLargeTogether(rows: readonly HeaderRow[]): string | undefined {
  return sizeOf(rows) > SIGNATURE_FIELDS_MAX_BYTES ? `signatures of more than ${SIGNATURE_FIELDS_MAX_BYTES} octets` : undefined;
}

function sizeOf(rows: readonly HeaderRow[]): number {
  let size = 0;
  for (const { line } of rows) size += line.length;
  return size;
}

const SEMICOLON = 0x3b;

/** Why a field is not read: parts of mailauth take time with the square of its white space or of its other scripts. */
function unreadable({ line }: HeaderRow): string | undefined {
  if (line.length > SIGNATURE_FIELD_MAX_BYTES) return `a signature of more than ${SIGNATURE_FIELD_MAX_BYTES} octets`;
  let white = 0;
  let nonAscii = 0;
  let tags = 0;
  for (const octet of line) {
    white = octet <= 0x20 ? white + 1 : 0;
    if (white > SIGNATURE_WHITE_SPACE_MAX) return `more than ${SIGNATURE_WHITE_SPACE_MAX} octets of white space in a signature`;
    if (octet > 0x7f) nonAscii += 1;
    else if (octet === SEMICOLON) tags += 1;
  }
  if (tags > SIGNATURE_TAGS_MAX) return `more than ${SIGNATURE_TAGS_MAX} tags in a signature`;
  return nonAscii > SIGNATURE_NON_ASCII_MAX ? `more than ${SIGNATURE_NON_ASCII_MAX} octets outside ASCII in a signature` : undefined;
}

/** The names that a signature says it covers (its `h=`). */
export function signedNames({ parsed }: SignatureField): readonly string[] {
  const h = parsed?.h;
  const value = typeof h === 'object' ? h.value : undefined;
  return typeof value === 'string' ? value.toLowerCase().split(':') : [];
}

/** Why a signature whose tags were read is not verified, in a message with these rows. */
export function unverifiable(signature: SignatureField, rows: readonly HeaderRow[]): string | undefined {
  if (signature.signingDomain.length > DOMAIN_MAX_CHARS || signature.selector.length > DOMAIN_MAX_CHARS) {
    return `a domain of more than ${DOMAIN_MAX_CHARS} characters in a signature`;
  }
  const names = new Set(signedNames(signature));
  if (signedNames(signature).length > SIGNED_NAMES_MAX) return `more than ${SIGNED_NAMES_MAX} signed fields in a signature`;
  const signedBytes = sizeOf(rows.filter(({ key }) => names.has(key)));
  return signedBytes > SIGNED_FIELDS_MAX_BYTES ? `signed fields of more than ${SIGNED_FIELDS_MAX_BYTES} octets` : undefined;
}
