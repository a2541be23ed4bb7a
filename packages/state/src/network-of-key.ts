/** The client's network in a key of the greylist: what stands after its last space; the whole of a key that has none. */
export function networkOfKey(key: string): string {
  return key.slice(key.lastIndexOf(' ') + 1);
}
