// What the executable runs first: it compiles pieces of the bundle when they are needed.
const { getAsset } = require('node:sea');
const { compileFunction } = require('node:vm');
const loaded = new Map();
function load(name) {
  // Pieces name each other by relative paths; everything else is of Node.
  if (!name.startsWith('./')) return require(name);
  const known = loaded.get(name);
  if (known) return known.exports;
  const piece = { exports: {} };
  loaded.set(name, piece);
  compileFunction(getAsset(name.slice(2), 'utf8'), ['exports', 'require', 'module'], { filename: name.slice(2) })(piece.exports, load, piece);
  return piece.exports;
}
load('./FIRST');
