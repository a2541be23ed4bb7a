import type { Site } from '@vratny/config';
import type { Antispam, Antivirus } from '@vratny/scanner';
import { createClamdAntivirus } from '@vratny/scanner/clamd';
import { createRspamdAntispam } from '@vratny/scanner/rspamd';
import { readNamedFile } from './read-named-file.ts';

/** The virus scanner; nothing is asked of it yet. */
export function openAntivirus(site: Pick<Site, 'antivirus' | 'limits'>): Antivirus {
  return createClamdAntivirus({ servers: site.antivirus.clamd, largestMessageBytes: site.limits.message, now: () => performance.now() });
}

/** The spam scanner; nothing is asked of it yet. @throws StartProblem when its password cannot be read */
export function openAntispam(site: Pick<Site, 'antispam'>): Antispam {
  const { rspamd, password, sizeLimit } = site.antispam;
  const secret = password && readNamedFile(password.file, 'antispam.password').trim();
  return createRspamdAntispam({
    servers: rspamd,
    sizeLimitBytes: sizeLimit,
    now: () => performance.now(),
    ...(secret === undefined ? {} : { password: secret }),
  });
}
