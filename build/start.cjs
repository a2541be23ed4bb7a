// What the executable runs first: it compiles pieces of the bundle when they are needed.
const { getAsset } = require('node:sea');
const { dirname } = require('node:path');
const { compileFunction } = require('node:vm');

// Emscripten programs ask for them; their files are none.
const PARAMETERS = { __filename: process.execPath, __dirname: dirname(process.execPath) };
const NAMES = ['exports', 'require', 'module', ...Object.keys(PARAMETERS)];
const loaded = new Map();
function load(name) {
  // Pieces name each other by relative paths; everything else is of Node.
  if (!name.startsWith('./')) return require(name);
  const known = loaded.get(name);
  if (known) return known.exports;
  const piece = { exports: {} };
  loaded.set(name, piece);
  try {
    compileFunction(getAsset(name.slice(2), 'utf8'), NAMES, { filename: name.slice(2) })(
      piece.exports,
      load,
      piece,
      ...Object.values(PARAMETERS),
    );
  } catch (error) {
    // Half of a piece is none: who needs it next tries again.
    loaded.delete(name);
    throw error;
  }
  piece.exports = withNames(piece.exports);
  return piece.exports;
}
// A CommonJS library that is imported later is the default export of its piece; Node gives its names too.
function withNames(exports) {
  const { default: only } = exports;
  if (Object.keys(exports).length > 1 || only === null || (typeof only !== 'object' && typeof only !== 'function')) return exports;
  return { __esModule: true, ...only, default: only };
}
load('./FIRST');
