import { loadSite, openRegister, type WhenMissing } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import type { Actor, Register } from '@vratny/directory';
import type { Terminal } from './terminal.ts';

/** What a command that changes or lists something works with. */
export interface Access {
  readonly site: Site;
  readonly register: Register;
  readonly actor: Actor;
}

/** Opens the site's register for one piece of work, and closes it afterwards. @throws StartProblem, DirectoryFault, RegisterRefusal */
export async function withRegister<T>(
  terminal: Terminal,
  { config, whenMissing }: { readonly config: string; readonly whenMissing?: WhenMissing },
  work: (access: Access) => Promise<T>,
): Promise<T> {
  const site = loadSite(config);
  const register = await openRegister(site, terminal.now, whenMissing);
  try {
    return await work({ site, register, actor: `mxctl:${terminal.user}` });
  } finally {
    await register.close();
  }
}
