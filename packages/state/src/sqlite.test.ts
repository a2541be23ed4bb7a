import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeState } from './contract.ts';
import { openSqliteState } from './sqlite.ts';

describeState(
  'sqlite',
  async (wishes) => {
    const folder = await mkdtemp(join(tmpdir(), 'vratny-state-'));
    const path = join(folder, 'state.db');
    const [one, two] = await Promise.all([openSqliteState({ path, ...wishes }), openSqliteState({ path, ...wishes })]);
    const cleanUp = async (): Promise<void> => {
      await Promise.all([one.close(), two.close()]);
      await rm(folder, { recursive: true });
    };
    return { nodes: [one, two], cleanUp };
  },
  { runs: 30 },
);
