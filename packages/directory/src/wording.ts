const UNITS: readonly (readonly [string, number])[] = [
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
];

/** A number of octets as a person would say it, exactly: `100 MiB`, `1000 octets`. */
function sayBytes(bytes: number): string {
  for (const [unit, size] of UNITS) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size} ${unit}`;
  }
  return `${bytes} octets`;
}

/** A quota as a person would say it. */
export function sayQuota(bytes: number | undefined): string {
  return bytes === undefined ? 'no quota' : `quota ${sayBytes(bytes)}`;
}

/** `antispam on`, `antispam off`. */
export function sayAntispam(antispam: boolean): string {
  return `antispam ${antispam ? 'on' : 'off'}`;
}

/** `store lmtp://...`, `the site's own store`. */
export function sayStore(store: string | undefined): string {
  return store === undefined ? "the site's own store" : `store ${store}`;
}
