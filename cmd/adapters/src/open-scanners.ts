import type { Site } from '@vratny/config';
import type { Antispam, Antivirus } from '@vratny/scanner';
import { readNamedFile } from './read-named-file.ts';

/** The virus scanner; nothing is asked of it yet. */
export async function openAntivirus(site: Pick<Site, 'antivirus' | 'limits'>): Promise<Antivirus> {
  const { createClamdAntivirus } = await import('@vratny/scanner/clamd');
  return createClamdAntivirus({ servers: site.antivirus.clamd, largestMessageBytes: site.limits.message, now: () => performance.now() });
}

/** The spam scanner; nothing is asked of it yet. @throws StartProblem when its password cannot be read */
export async function openAntispam(site: Pick<Site, 'antispam'>): Promise<Antispam> {
  const { createRspamdAntispam } = await import('@vratny/scanner/rspamd');
  const { rspamd, password, sizeLimit } = site.antispam;
  const secret = password && readNamedFile(password.file, 'antispam.password').trim();
  return createRspamdAntispam({
    servers: rspamd,
    sizeLimitBytes: sizeLimit,
    now: () => performance.now(),
    ...(secret === undefined ? {} : { password: secret }),
  });
}
