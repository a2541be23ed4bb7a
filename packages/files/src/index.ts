/** Files that an operator names: who may open them, and databases that are replaced while they are in use. */

export { describeAccess, describeDatabaseError } from './access.ts';
export { createDatabaseFile } from './database-file.ts';
export { type DatabaseOptions, type FollowedDatabase, followDatabase } from './followed-database.ts';
export { isBusy, type Patience, whileBusy } from './while-busy.ts';
