// Checks size limits that keep the code easy to navigate: `node scripts/layout.mjs [folder]`. The exit code is 1 if something exceeds both
// its limit and its exception in scripts/layout-exceptions.json. `npm run imports` checks the order of folders and libraries.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseSync } from '@swc/core';

const LIMITS = { sources: 24, lines: 300, parameters: 5 };
const SHOWN = 5;
const SOURCE = /\.(?:ts|mts|cts|mjs|cjs|js)$/;
const SPEC = /\.spec\.[a-z]+$/;

const root = path.resolve(process.argv[2] ?? path.join(import.meta.dirname, '..'));

/** Collects the folders below `apps` and `libs` that hold source files. Fixtures and simulators are not production code. */
function productionFolders() {
  const folders = [];
  const walk = (folder) => {
    const entries = readdirSync(path.join(root, folder), { withFileTypes: true });
    const names = entries.filter((entry) => entry.isFile() && SOURCE.test(entry.name)).map((entry) => entry.name);
    const specs = names.filter((name) => SPEC.test(name));
    const sources = names.filter((name) => !SPEC.test(name)).map((name) => `${folder}/${name}`);
    if (names.length > 0) folders.push({ path: folder, sources, specs: specs.length });
    for (const entry of entries) {
      if (entry.isDirectory() && !['node_modules', 'testing'].includes(entry.name)) walk(`${folder}/${entry.name}`);
    }
  };
  for (const folder of ['apps', 'libs']) if (existsSync(path.join(root, folder))) walk(folder);
  return folders;
}

/** Returns the libraries: the folders with a `src/index.ts`. */
const librariesOf = (folders) =>
  folders.filter(({ sources }) => sources.some((file) => /^libs\/.+\/src\/index\.ts$/.test(file)));

const linesOf = (text) => text.split('\n').length - (text.endsWith('\n') ? 1 : 0);

/** Lists the constructors of a file with the number of their parameters. */
function constructorsOf(file, text) {
  if (!text.includes('constructor(')) return [];
  const found = [];
  const visit = (node, name) => {
    if (typeof node !== 'object' || node === null) return;
    if (node.type === 'Constructor' && node.body) found.push({ path: file, name, size: node.params.length });
    const inner = node.type === 'ClassDeclaration' || node.type === 'ClassExpression' ? node.identifier?.value : name;
    for (const child of Object.values(node)) visit(child, inner ?? 'a class');
  };
  visit(parseSync(text, { syntax: 'typescript', decorators: true }));
  return found;
}

/** Reads the exceptions: by kind of limit and path, the largest allowed size and the reason. */
function exceptions() {
  const file = path.join(root, 'scripts/layout-exceptions.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/** Prints the largest items of a kind, and all that exceed the limit. @returns whether an item exceeds its exception, too */
function report(kind, title, items, { [kind]: allowed = {} }) {
  const limit = LIMITS[kind];
  const sorted = items.toSorted((one, other) => other.size - one.size || one.path.localeCompare(other.path));
  const tooLarge = sorted.filter(({ size }) => size > limit);
  console.log(`\n${title} (at most ${limit})`);
  for (const item of sorted.slice(0, Math.max(SHOWN, tooLarge.length))) {
    const { most = limit, reason } = allowed[item.path] ?? {};
    const note = item.size > most ? '  TOO LARGE' : item.size > limit ? `  known: ${reason}` : '';
    console.log(`${String(item.size).padStart(5)}  ${item.path}${item.detail ?? ''}${note}`);
  }
  for (const file of Object.keys(allowed)) {
    if (!tooLarge.some((item) => item.path === file)) console.log(`       ${file} needs no exception any more`);
  }
  return tooLarge.some((item) => item.size > (allowed[item.path]?.most ?? limit));
}

const folders = productionFolders();
const files = folders.flatMap(({ sources }) => sources);
const texts = new Map(files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]));
const known = exceptions();

console.log(`${librariesOf(folders).length} libraries, ${folders.length} folders, ${files.length} source files`);
const results = [
  report(
    'sources',
    'Source files in a folder, without specs',
    folders.map(({ path, sources, specs }) => ({ path, size: sources.length, detail: ` and ${specs} specs` })),
    known,
  ),
  report(
    'lines',
    'Lines of a file',
    files.map((file) => ({ path: file, size: linesOf(texts.get(file)) })),
    known,
  ),
  report(
    'parameters',
    'Parameters of a constructor',
    files
      .flatMap((file) => constructorsOf(file, texts.get(file)))
      .map((each) => ({ ...each, detail: ` ${each.name}` })),
    known,
  ),
];
process.exitCode = results.includes(true) ? 1 : 0;
