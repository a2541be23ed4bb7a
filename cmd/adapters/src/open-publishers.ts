import { formatEndpoint, type Site } from '@vratny/config';
import type { AuthoritativeDns } from '@vratny/dns';
import type { PublishedZone, ZoneWriter } from '@vratny/domains';
import { readNamedFile } from './read-named-file.ts';
import { StartProblem } from './start-problem.ts';

/**
 * A place where records are published: what is written, and who is asked what stands there. `away`: a server did not answer whether it has the zone, and no other one
 * has it.
 */
export type FoundZone =
  | { readonly kind: 'found'; readonly zone: PublishedZone; readonly authoritative: AuthoritativeDns }
  | { readonly kind: 'away'; readonly server: string; readonly detail: string };

type Publisher = Site['publish'][number];

/** Where the records of domains are published. */
export interface Publishers {
  /** The first one that has the zone of a domain; undefined where that is none of ours. */
  find(domain: string): Promise<FoundZone | undefined>;
}

/** Opens all of them; keys are read, nobody is asked. @throws StartProblem */
export async function openPublishers({ publish }: Pick<Site, 'publish'>, now: () => Date): Promise<Publishers> {
  const opened = await Promise.all(publish.map((one, at) => openPublisher(one, `publish[${at}]`, now)));
  return {
    find: async (domain) => {
      let away: FoundZone | undefined;
      for (const find of opened) {
        const found = await find(domain);
        if (found?.kind === 'found') return found;
        away ??= found;
      }
      return away;
    },
  };
}

async function openPublisher(publisher: Publisher, key: string, now: () => Date): Promise<Publishers['find']> {
  const { createAuthoritativeDns } = await import('@vratny/dns/authoritative');
  const { zones, server: endpoint } = publisher;
  const server = formatEndpoint(endpoint);
  // The operator named it, so it is asked wherever it is.
  const authoritative = createAuthoritativeDns({ allows: (ip) => ip === endpoint.host });
  const writer = await openWriter(publisher, { key, server, now });
  const opened = (zone: string): FoundZone => ({ kind: 'found', zone: { zone, server, writer }, authoritative });
  return async (domain) => {
    if (zones !== undefined) {
      const above = zones.filter((zone) => domain === zone || domain.endsWith(`.${zone}`)).toSorted((a, b) => b.length - a.length);
      return above[0] === undefined ? undefined : opened(above[0]);
    }
    const answer = await authoritative.ask({ server, name: domain, type: 'NS', zone: domain });
    if (answer.kind === 'found') return opened(domain);
    if (answer.kind === 'fault' && !NOT_SERVING.has(answer.fault)) return { kind: 'away', server, detail: `${server}: ${answer.detail}` };
    return undefined;
  };
}

/** Answers of a server that runs and does not have the zone. */
const NOT_SERVING: ReadonlySet<string> = new Set(['lame', 'refused']);

async function openWriter(
  { tsig, powerdns }: Publisher,
  { key, server, now }: { readonly key: string; readonly server: string; readonly now: () => Date },
): Promise<ZoneWriter> {
  if (powerdns !== undefined) {
    const { createPowerDnsWriter } = await import('@vratny/domains/powerdns');
    return createPowerDnsWriter({ url: powerdns.url, key: readApiKey(powerdns.key.file, `${key}.powerdns.key`) });
  }
  if (tsig === undefined) throw new StartProblem(`${key}: must have tsig or powerdns`);
  const { createUpdater } = await import('@vratny/dns/update');
  const secret = readSecret(tsig.secret.file, `${key}.tsig.secret`);
  const updater = createUpdater({ server, key: { name: tsig.name, algorithm: tsig.algorithm, secret }, now });
  return {
    replaceMx: ({ zone, domain, before, after, ttlSeconds }, signal) =>
      updater.update({ zone, name: domain, type: 'MX', before, after, ttlSeconds }, signal),
  };
}

/** What an HTTP header can carry; a library that refuses another one quotes it. @throws StartProblem */
function readApiKey(file: string, key: string): string {
  const text = readNamedFile(file, key).trim();
  if (/^[\x21-\x7e]+$/u.test(text)) return text;
  throw new StartProblem(`${key}: ${file}: ${text === '' ? 'is empty' : 'holds more than one word of printable ASCII characters'}`);
}

/** @throws StartProblem */
function readSecret(file: string, key: string): Uint8Array {
  const text = readNamedFile(file, key).trim();
  if (/^[A-Za-z0-9+/]+={0,2}$/u.test(text)) return Buffer.from(text, 'base64');
  throw new StartProblem(`${key}: ${file}: holds no text in base 64 alone`);
}
