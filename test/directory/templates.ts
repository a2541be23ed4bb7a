import { DATABASE_TEMPLATES } from '@vratny/support/database';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';

/** Before the suite: a folder for the files of empty servers, which its test files share. Returns what takes it away. */
export function setup(): () => void {
  const folder = makeTemporaryFolder('templates');
  process.env[DATABASE_TEMPLATES] = folder.path;
  return () => folder.remove();
}
