import { type AdoptedStore, formatEndpoint, type Overlay, type Secret, type ServedDatabase } from '@vratny/config';
import type { AdoptedOptions, ServerAddress } from '@vratny/directory/adopted';
import type { PostgresOptions } from '@vratny/directory/postgres';
import { findPreset } from '@vratny/directory/presets';
import { readNamedFile } from './read-named-file.ts';
import { StartProblem } from './start-problem.ts';

/**
 * A database of somebody else's as the site file names it, for its adapter. Reads the password. @throws StartProblem
 */
export function adoptedOptions(store: AdoptedStore): Pick<AdoptedOptions, 'database' | 'texts' | 'overlay' | 'copy'> {
  const { overlay, copy } = store;
  return {
    database: readDatabase(store),
    texts: readTexts(store),
    ...(overlay === undefined ? {} : { overlay: readOverlay(overlay) }),
    ...(copy === undefined ? {} : { copy }),
  };
}

/** A database of ours in PostgreSQL, for its adapter: a directory, or the history. Reads the password. @throws StartProblem */
export function postgresOptions(
  {
    database,
    password,
    copy,
  }: { readonly database: ServedDatabase; readonly password?: Secret | undefined; readonly copy?: string | undefined },
  key = 'directory.password',
): PostgresOptions {
  return { servers: readServers(database, password, key), ...(copy === undefined ? {} : { copy }) };
}

function readOverlay(overlay: Overlay): NonNullable<AdoptedOptions['overlay']> {
  if (overlay.kind === 'sqlite') return overlay;
  return { kind: 'postgres', servers: readServers(overlay.database, overlay.password, 'directory.overlay.password') };
}

function readDatabase({ database, password }: AdoptedStore): AdoptedOptions['database'] {
  if (database.kind === 'sqlite') return database;
  return { kind: database.kind, servers: readServers(database, password) };
}

function readServers(served: ServedDatabase, secret: Secret | undefined, key = 'directory.password'): readonly ServerAddress[] {
  const { kind, servers, user, tls, authority, socket, database } = served;
  const password = secret && readNamedFile(secret.file, key).trim();
  const common = {
    user,
    database,
    tls,
    ...(password === undefined ? {} : { password }),
    ...(authority === undefined ? {} : { authority }),
  };
  const address = (host: string, port: number, name: string): ServerAddress => ({
    ...common,
    host,
    port,
    ...(socket === undefined ? {} : { socket }),
    name: `${kind}://${user}@${name}/${database}`,
  });
  const usualPort = kind === 'mysql' ? 3306 : 5432;
  if (socket !== undefined) return [address('localhost', usualPort, socket)];
  return servers.map((one) => address(one.host, one.port, formatEndpoint(one)));
}

function readTexts({ preset, domain, address, version, database }: AdoptedStore): AdoptedOptions['texts'] {
  const known = preset && findPreset(preset, database.kind);
  if (preset !== undefined && known === undefined && (domain === undefined || address === undefined))
    throw new StartProblem(`directory: ${preset} does not run on ${database.kind}; name the two statements domain and address instead`);
  const own = Object.entries({ domain, address, version }).filter(([, text]) => text !== undefined);
  const texts: Partial<AdoptedOptions['texts']> = { ...known, ...Object.fromEntries(own) };
  if (texts.domain === undefined || texts.address === undefined) throw new StartProblem('directory: a statement is missing');
  return { ...texts, domain: texts.domain, address: texts.address };
}
