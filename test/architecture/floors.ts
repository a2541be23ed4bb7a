/**
 * The floors of DESIGN, "Tree and floors": imports go down only, within a floor not at all. A new package gets its line here.
 * `cmd/adapters` is what the programs share, so it lies one below them, with `cmd/daemons`.
 */
export const FLOORS: ReadonlyMap<string, number> = new Map([
  ['smtp', 0],
  ['hosts', 0],
  ['message', 0],
  ['dns', 1],
  ['state', 1],
  ['directory', 1],
  ['scanner', 1],
  ['archive', 1],
  ['delivery', 1],
  ['journal', 1],
  ['policy', 2],
  ['domains', 2],
  ['server', 3],
  ['panel', 3],
  ['config', 4],
  ['adapters', 5],
  ['daemons', 5],
  ['mx', 6],
  ['mxctl', 6],
  ['panel-program', 6],
  ['demo', 6],
]);

/** Folders whose name is taken by a package: the program `cmd/panel` beside the package `packages/panel`. */
export const UNIT_OF_FOLDER: ReadonlyMap<string, string> = new Map([['cmd/panel', 'panel-program']]);
