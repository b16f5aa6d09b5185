// Jest on Node 20 cannot require() ES modules: this turns the ES modules of node_modules into CommonJS and leaves the rest alone.
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
