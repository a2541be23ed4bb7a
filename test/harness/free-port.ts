/** A port for a daemon that cannot choose one itself. */
export { findFreePort } from '@vratny/daemons';
