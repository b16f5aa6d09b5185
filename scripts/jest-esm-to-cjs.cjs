// Turns the ES modules of node_modules into CommonJS for Jest, and leaves the rest alone. For Node 20 only: from Node 24.9 on, Jest can
// require() ES modules with --experimental-vm-modules.
const { createTransformer } = require('@swc/jest');
const { existsSync, readFileSync } = require('node:fs');
const path = require('node:path');

const swc = createTransformer({
  jsc: { target: 'es2022', parser: { syntax: 'ecmascript' } },
  module: { type: 'commonjs' },
  sourceMaps: false,
});

/** Folder → whether its nearest package.json says "type": "module". */
const known = new Map();

function folderIsEsm(folder) {
  if (known.has(folder)) return known.get(folder);
  const manifest = path.join(folder, 'package.json');
  const answer = existsSync(manifest)
    ? JSON.parse(readFileSync(manifest, 'utf8')).type === 'module'
    : folderIsEsm(path.dirname(folder));
  known.set(folder, answer);
  return answer;
}

function isEsm(file) {
  if (file.endsWith('.mjs')) return true;
  if (file.endsWith('.cjs')) return false;
  return folderIsEsm(path.dirname(file));
}

module.exports = {
  ...swc,
  process: (source, file, options) => (isEsm(file) ? swc.process(source, file, options) : { code: source }),
};
