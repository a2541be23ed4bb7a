import type { Cancellation } from '@vratny/waiting';
import { followChain, type Step } from './chain.ts';
import { abortedAnswer } from './fault.ts';
import { ZONE_FILE_MAX, ZONE_TTL_SECONDS } from './limits.ts';
import { normaliseName, noSuchName } from './names.ts';
import type { Answer, Dns, RecordType } from './port.ts';
import { type Entry, readEntries, ZoneFileError } from './zone/tokens.ts';
import { createZoneDraft, findInZone, readName, readRecordLine, readTtl, type Zone } from './zone/zone.ts';

export type { Zone, ZoneNode } from './zone/zone.ts';

/** A zone, or the one line that says what is wrong: `line 12: "mx" is not absolute ...`. */
export type ZoneFileResult = { readonly ok: true; readonly zone: Zone } | { readonly ok: false; readonly error: string };

/**
 * Reads an RFC 1035 master file with `$TTL` (RFC 2308 §4), `$ORIGIN`, the types A AAAA MX TXT PTR NS TLSA CNAME SOA and wildcards. Where
 * no TTL is stated the last stated one holds (RFC 1035 §5.1), else 300 s. Never throws.
 */
export function parseZoneFile(text: string): ZoneFileResult {
  if (text.length > ZONE_FILE_MAX) return { ok: false, error: `line 1: the zone file is larger than ${ZONE_FILE_MAX} characters` };
  try {
    return { ok: true, zone: readZone(text.startsWith('\u{feff}') ? text.slice(1) : text) };
  } catch (error) {
    if (error instanceof ZoneFileError) return { ok: false, error: `line ${error.line}: ${error.message}` };
    throw error;
  }
}

/**
 * Answers from a zone file first: a name in it is answered from it alone, a SOA record makes everything below its owner authoritative,
 * other names go to `next`, CNAME targets too.
 */
export function createZoneFileDns(zone: Zone, next: Dns): Dns {
  return {
    lookup<T extends RecordType>(
      written: string,
      type: T,
      options: { readonly signal?: Cancellation | undefined } = {},
    ): Answer<T> | Promise<Answer<T>> {
      if (options.signal?.aborted) return abortedAnswer;
      const name = normaliseName(written);
      if (name === undefined) return noSuchName;
      return followChain(
        name,
        (current): Step<T> | Promise<Step<T>> => findInZone(zone, current, type) ?? next.lookup(current, type, options),
      );
    },
  };
}

function readZone(text: string): Zone {
  const draft = createZoneDraft();
  let origin: string | undefined;
  let defaultTtl: number | undefined;
  let statedTtl: number | undefined;
  let owner: string | undefined;
  for (const entry of readEntries(text)) {
    const directive = readDirective(entry, origin);
    if (directive === undefined) {
      const record = readRecordLine(entry, origin, owner);
      owner = record.owner;
      statedTtl = record.ttlSeconds ?? statedTtl;
      draft.add(record, record.ttlSeconds ?? defaultTtl ?? statedTtl ?? ZONE_TTL_SECONDS, origin);
    } else if (directive.kind === 'origin') {
      origin = directive.name;
    } else {
      defaultTtl = directive.seconds;
    }
  }
  return draft.finish();
}

type Directive = { readonly kind: 'origin'; readonly name: string } | { readonly kind: 'ttl'; readonly seconds: number };

function readDirective({ line, ownerOmitted, tokens }: Entry, origin: string | undefined): Directive | undefined {
  const [word, argument, ...more] = tokens;
  if (word === undefined || word.quoted || ownerOmitted || !word.text.startsWith('$')) return undefined;
  const name = word.text.toUpperCase();
  if (name !== '$ORIGIN' && name !== '$TTL') throw new ZoneFileError(line, `${word.text} is not supported, only $ORIGIN and $TTL`);
  if (argument === undefined || more.length > 0) throw new ZoneFileError(line, `${name} needs one value`);
  if (name === '$ORIGIN') return { kind: 'origin', name: readName(argument, { line, origin }) };
  return { kind: 'ttl', seconds: readTtl(argument.text, line) };
}
