import { directoryContract, type OpenDirectory, registerContract } from './contract.ts';
import { createMemoryDirectory } from './memory.ts';

const open: OpenDirectory = async (now) => {
  const both = createMemoryDirectory({ now });
  return { directory: both, register: both, cleanUp: () => both.close() };
};

directoryContract('memory', open);
registerContract('memory', open);
