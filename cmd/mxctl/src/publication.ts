import type { Publishers } from '@vratny/adapters';
import { type Publication, publishMx, type StandingMx, type Wanted } from '@vratny/domains';
import { duration } from './dns-report.ts';
import { AnswerIsNo, EXIT } from './exit-codes.ts';
import { clean } from './terminal.ts';

/** How it is published. */
export interface PublishingOptions {
  readonly dryRun?: boolean;
  readonly replace?: boolean;
  /** Is told what stands there, right before it is replaced. */
  readonly beforeWrite?: (standing: StandingMx) => Promise<void>;
}

/** What became of it, and where. */
export interface Published {
  readonly server: string;
  readonly zone: string;
  readonly publication: Publication;
}

/** Publishes the MX records of a domain where the site may; undefined where it may not. Rejects only when `beforeWrite` does. */
export async function publish(publishers: Publishers, wanted: Wanted, options: PublishingOptions): Promise<Published | undefined> {
  const found = await publishers.find(wanted.domain);
  if (found === undefined) return undefined;
  if (found.kind === 'away') return { server: found.server, zone: wanted.domain, publication: { kind: 'fault', detail: found.detail } };
  const { zone, authoritative } = found;
  const publication = await publishMx(zone, wanted, {
    authoritative,
    dryRun: options.dryRun ?? false,
    replaceForeign: options.replace ?? false,
    ...(options.beforeWrite === undefined ? {} : { beforeWrite: options.beforeWrite }),
  });
  return { server: zone.server, zone: zone.zone, publication };
}

/** In words. */
export function sayPublished({ server, zone, publication }: Published, domain: string, now: Date): string {
  const place = `${server} (zone ${zone})`;
  switch (publication.kind) {
    case 'same':
      return `${place} says so already.\n`;
    case 'planned':
      return `${place} would be changed:\n${lines(publication)}`;
    case 'published':
      return `${place} was changed, and says so:\n${lines(publication)}${sayCaches(publication, now)}`;
    case 'foreign':
      return `${place} was not changed: it names hosts that are not ours, ${names(publication)}. "mxctl domain publish ${domain} --replace" removes them:\n${lines(publication)}`;
    case 'changed':
      return `${place} was not changed: somebody else changed the records meanwhile. There stands now: ${names(publication)}. "mxctl domain publish ${domain}" tries again.\n`;
    case 'differs':
      return `${place} took the change, and says something else now: ${names(publication)}. Somebody else may have changed it: look at the zone.\n`;
    case 'refused':
      return `${place} refuses the change: ${clean(publication.detail)}.\n`;
    case 'fault':
      return `It is not known what stands at ${place}: ${clean(publication.detail)}. "mxctl domain publish ${domain}" tries again.\n`;
  }
}

type WithDifference = Extract<Publication, { readonly difference: unknown }>;

function lines({ difference: { remove, add } }: WithDifference): string {
  const line = (sign: string) => (one: { readonly preference: number; readonly exchange: string }) =>
    `  ${sign} ${one.preference} ${clean(one.exchange)}.\n`;
  return [...remove.map(line('-')), ...add.map(line('+'))].join('');
}

function names({ stands }: Extract<Publication, { readonly stands: unknown }>): string {
  return stands.length === 0 ? 'no MX records' : stands.map(({ preference, exchange }) => `${preference} ${clean(exchange)}`).join(', ');
}

/** Until when others may see what was. */
function sayCaches({ difference: { ttlSeconds } }: WithDifference, now: Date): string {
  const until = new Date(now.getTime() + ttlSeconds * 1000).toISOString();
  return `Resolvers may keep the old records for ${duration(ttlSeconds)} more, until ${until}; old and new hosts take the mail until then.\n`;
}

/** Whether the records stand there as they are wanted. */
export function isPublished({ publication: { kind } }: Published): boolean {
  return kind === 'same' || kind === 'published';
}

/** What a program is told by the exit code: 0 when it is so. @throws AnswerIsNo */
export function endWith({ publication: { kind } }: Published): void {
  if (kind === 'fault') throw new AnswerIsNo(EXIT.temporary);
  if (kind === 'foreign' || kind === 'changed' || kind === 'differs' || kind === 'refused') throw new AnswerIsNo();
}
