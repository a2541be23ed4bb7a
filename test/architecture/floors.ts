/**
 * The floors of docs/ARCHITECTURE.md, by folder: imports go down only, within a floor not at all. A new package gets its line here.
 * `cmd/adapters` is what the programs share, so it lies one below them, with `cmd/daemons`.
 */
export const FLOORS: ReadonlyMap<string, number> = new Map([
  ['packages/waiting', 0],
  ['packages/text', 0],
  ['packages/files', 1],
  ['packages/smtp', 1],
  ['packages/hosts', 1],
  ['packages/message', 1],
  ['packages/client', 2],
  ['packages/dns', 3],
  ['packages/state', 3],
  ['packages/directory', 3],
  ['packages/scanner', 3],
  ['packages/archive', 3],
  ['packages/delivery', 3],
  ['packages/journal', 3],
  ['packages/policy', 4],
  ['packages/domains', 4],
  ['packages/server', 5],
  ['packages/receiving', 6],
  ['packages/panel', 6],
  ['packages/config', 7],
  ['cmd/adapters', 8],
  ['cmd/daemons', 8],
  ['cmd/mx', 9],
  ['cmd/mxctl', 9],
  ['cmd/demo', 9],
  ['cmd/panel', 9],
  ['cmd/vratny', 10],
]);
