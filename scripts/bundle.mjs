// Bundles build/, the output of `nest build`, into the programs of dist/. At its start a program then reads a dozen files instead of
// thousands.
import { rmSync } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decode, encode } from '@jridgewell/sourcemap-codec';
import { parse } from 'acorn';
import { simple } from 'acorn-walk';
import { build } from 'esbuild';

const root = path.dirname(import.meta.dirname);
const outdir = path.join(root, 'dist');

/** The programs in dist/apps/gateway/src, and their modules in build/. A program that starts another one finds it in the same folder. */
const PROGRAMS = {
  main: 'apps/gateway/src/main.js',
  run: 'apps/gateway/src/run.js',
  admin: 'apps/gateway/src/admin.js',
  smoke: 'apps/gateway/src/smoke.js',
  'install-program': 'libs/packages/src/npm/install-program.js',
};

/** Packages that cannot be bundled (native modules). They are loaded from node_modules. */
const NATIVE = ['libsql'];

/** Resolves imports of packages that are not installed at run time. Libraries try such imports and work without them. */
const optionalPackages = {
  name: 'optional-packages',
  setup(bundler) {
    bundler.onResolve({ filter: /^[^./]/ }, async ({ path: name, pluginData, ...rest }) => {
      if (rest.kind === 'entry-point' || pluginData === 'asked') return undefined;
      const { importer, kind, namespace, resolveDir } = rest;
      const found = await bundler.resolve(name, { importer, kind, namespace, resolveDir, pluginData: 'asked' });
      const isOurs = !importer.includes('node_modules');
      return found.errors.length > 0 && !isOurs ? { path: name, external: true } : found;
    });
  },
};

/** Gives a module of a library its original path: some look for files in their own folder. */
const modulesKeepTheirPlace = {
  name: 'modules-keep-their-place',
  setup(bundler) {
    bundler.onLoad({ filter: /node_modules.*\.[cm]?js$/ }, async ({ path: file }) => {
      const source = await readFile(file, 'utf8');
      if (!/import\.meta\.(url|dirname|filename)|\b__(dir|file)name\b/.test(source)) return undefined;
      const place = JSON.stringify(path.relative(root, file));
      const folder = JSON.stringify(path.dirname(path.relative(root, file)));
      const contents = source
        .replace('const require = createRequire(import.meta.url);', '') // bundled modules need no second `require`
        .replaceAll('import.meta.url', `manifoldUrl(${place})`)
        .replaceAll('import.meta.filename', `manifoldPath(${place})`)
        .replaceAll('import.meta.dirname', `manifoldPath(${folder})`)
        .replaceAll(/\b__filename\b/g, `manifoldPath(${place})`)
        .replaceAll(/\b__dirname\b/g, `manifoldPath(${folder})`);
      return { contents, loader: 'js' };
    });
  },
};

/**
 * Exports the names of mongoose as Node does. For `import * as mongoose`, esbuild would create an object that looks like a separate
 * Mongoose, whose `createConnection` fails.
 */
const mongooseByName = {
  name: 'mongoose-by-name',
  setup(bundler) {
    bundler.onResolve({ filter: /^mongoose$/ }, ({ path: name, kind }) =>
      kind === 'require-call' ? undefined : { path: name, namespace: 'by-name' },
    );
    bundler.onLoad({ filter: /^mongoose$/, namespace: 'by-name' }, async ({ path: name }) => {
      const names = Object.keys(await import(name)).filter((key) => /^\w+$/.test(key) && key !== 'default');
      const contents = `const whole = require('${name}');\nexport default whole;\nexport const { ${names} } = whole;`;
      return { contents, resolveDir: root };
    });
  },
};

/** The first lines of each program: `require` for CommonJS packages, and functions for the paths of modules. */
const PROLOGUE = `
import { createRequire as manifoldRequire } from 'node:module';
import { fileURLToPath as manifoldFile } from 'node:url';
const require = manifoldRequire(import.meta.url);
const manifoldUrl = (file) => new URL('../../../../' + file, import.meta.url).href;
const manifoldPath = (file) => manifoldFile(manifoldUrl(file));
`;

/** Keeps the import of one program by another: `main` turns source maps on before `run` is loaded. */
const programsApart = {
  name: 'programs-apart',
  setup(bundler) {
    bundler.onResolve({ filter: /^\.\/run\.js$/ }, ({ path: name, kind }) =>
      kind === 'dynamic-import' ? { path: name, external: true } : undefined,
    );
  },
};

/** Keeps only the mappings of our own sources. Those of libraries are most of a source map and are not needed. */
async function shorten(file) {
  const map = JSON.parse(await readFile(file, 'utf8'));
  const isOurs = map.sources.map((source) => !source.includes('node_modules'));
  const lines = decode(map.mappings).map((line) => line.filter(([, source]) => source !== undefined && isOurs[source]));
  const sources = map.sources.map((source, at) => (isOurs[at] ? source : ''));
  await writeFile(file, JSON.stringify({ version: 3, sources, names: map.names, mappings: encode(lines) }));
}

/**
 * Blanks out the calls with which esbuild names functions (`keepNames`). They would name a function each time that it is created, also within
 * a tool call: a fifth of its CPU. Functions then have the names that the language gives them. Classes, whose names Nest and the log need,
 * are named once. Positions stay, and with them the source map.
 */
async function nameClassesAlone(file) {
  const text = await readFile(file, 'utf8');
  if (!text.includes('__name(')) return;
  const blanks = [];
  simple(parse(text, { ecmaVersion: 'latest', sourceType: 'module' }), {
    CallExpression({ callee, arguments: [target, name], start, end }) {
      if (callee.name !== '__name') return;
      if (/^(?:ArrowFunction|Function)Expression$/.test(target.type))
        blanks.push([start, target.start], [target.end, end]);
      if (target.type === 'Identifier' && target.name === name.value) blanks.push([start, end]);
    },
  });
  let [written, at] = ['', 0];
  for (const [start, end] of blanks.sort(([one], [other]) => one - other)) {
    written += text.slice(at, start) + ' '.repeat(end - start);
    at = end;
  }
  await writeFile(file, written + text.slice(at));
}

export async function bundle() {
  rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: Object.fromEntries(
      Object.entries(PROGRAMS).map(([program, module]) => [program, path.join(root, 'build', module)]),
    ),
    outdir: path.join(outdir, 'apps/gateway/src'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.20',
    keepNames: true, // Nest and the log name classes
    sourcemap: 'linked',
    sourcesContent: false,
    external: NATIVE,
    plugins: [programsApart, mongooseByName, modulesKeepTheirPlace, optionalPackages],
    banner: { js: PROLOGUE },
    logLevel: 'error',
  });
  const written = await readdir(outdir, { recursive: true });
  const files = (extension) =>
    written.filter((file) => file.endsWith(extension)).map((file) => path.join(outdir, file));
  await Promise.all([...files('.map').map(shorten), ...files('.js').map(nameClassesAlone)]);
}
