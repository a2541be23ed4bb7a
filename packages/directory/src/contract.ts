/** The suites that every directory passes; call them in a test file with a way to open an empty one. */

export { directoryContract } from './contract/directory-contract.ts';
export { answer, type OpenDirectory, type Opened } from './contract/opened.ts';
export { registerContract } from './contract/register-contract.ts';
export { fillSite, type SiteTraits } from './contract/site.ts';
