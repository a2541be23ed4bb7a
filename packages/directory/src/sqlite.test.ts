import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { directoryContract, type OpenDirectory, registerContract } from './contract.ts';
import { openSqliteDirectory, openSqliteRegister } from './sqlite.ts';

const open: OpenDirectory = async (now) => {
  const folder = await mkdtemp(join(tmpdir(), 'vratny-directory-'));
  const path = join(folder, 'directory.db');
  const register = await openSqliteRegister({ path, now });
  const directory = await openSqliteDirectory({ path });
  const cleanUp = async (): Promise<void> => {
    await directory.close();
    await register.close();
    await rm(folder, { recursive: true });
  };
  return { directory, register, cleanUp };
};

directoryContract('sqlite', open);
registerContract('sqlite', open);
