/** Octets of any file that the site file names (site file, zone file, certificate, key): far above all sensible ones. */
export const NAMED_FILE_MAX_BYTES = 16 * 1024 * 1024;
