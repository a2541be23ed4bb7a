/** Files that an operator names: who may open them, and databases that are replaced while they are in use. */

export { describeAccess } from './access.ts';
export { createDatabaseFile, describeDatabaseError, isBusy, type Patience, whileBusy } from './database-file.ts';
export { type DatabaseOptions, type FollowedDatabase, followDatabase } from './followed-database.ts';
