// The specs of jest.config.mjs as `npm test` runs them: several in one file of jest. Jest loads all modules anew for each file, which
// would take a third of the time. `npx jest path/to/one.spec.ts` runs one spec by itself.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import config from './jest.config.mjs';

const ROOT = import.meta.dirname;
const GROUPS = path.join(ROOT, 'build/specs');
/** So many specs share the modules of one process: few enough that two workers end at about the same time. */
const GROUP_SIZE = 8;
/** Any value puts other specs together, in another order: no spec may depend on what ran before it. Without one, neighbours are together. */
const { SPEC_SEED } = process.env;

function specsOf({ roots, testRegex, testPathIgnorePatterns = [] }) {
  const ignored = testPathIgnorePatterns.map((pattern) => new RegExp(pattern));
  return roots
    .map((root) => root.replace('<rootDir>', ROOT))
    .flatMap((root) => readdirSync(root, { recursive: true }).map((file) => path.join(root, file)))
    .filter((file) => new RegExp(testRegex).test(file) && !ignored.some((pattern) => pattern.test(file)))
    .map((file) => path.relative(ROOT, file))
    .sort();
}

/** The top folders of a spec, by which it can be asked for: `npm test -- libs/oauth`. */
const folderOf = (spec) => /^(?:libs\/(?:providers\/)?[^/]+|[^/]+\/[^/]+)/.exec(spec)[0];

function groupedBy(all, keyOf) {
  const groups = new Map();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}

/** Whether the spec replaces a module: it would do so for all that share its process. */
const isAlone = (spec) => readFileSync(path.join(ROOT, spec), 'utf8').includes('jest.mock(');

/** Folder → its specs, in the order that they run in. */
function byFolder(specs) {
  if (SPEC_SEED === undefined) return groupedBy(specs, folderOf);
  const place = new Map(specs.map((spec) => [spec, createHash('sha256').update(`${SPEC_SEED} ${spec}`).digest('hex')]));
  return new Map([['shuffled', specs.sort((one, other) => (place.get(one) < place.get(other) ? -1 : 1))]]);
}

/** Writes the files of a project, and says where. Each spec stays apart in a `describe` of its own, with its hooks. */
function group(project) {
  const folder = path.join(GROUPS, project.displayName);
  rmSync(folder, { recursive: true, force: true });
  for (const [name, all] of byFolder(specsOf(project))) {
    mkdirSync(path.join(folder, name), { recursive: true });
    const specs = all.filter((spec) => !isAlone(spec));
    const count = Math.ceil(specs.length / GROUP_SIZE);
    const groups = Array.from({ length: count }, (_, at) => specs.filter((_spec, index) => index % count === at));
    for (const [at, members] of [...groups, ...all.filter(isAlone).map((spec) => [spec])].entries()) {
      const lines = members.map((spec) => `describe('${spec}', () => void require('${path.join(ROOT, spec)}'));\n`);
      writeFileSync(path.join(folder, name, `${at + 1}.spec.js`), lines.join(''));
    }
  }
  return folder;
}

export default {
  ...config,
  projects: config.projects.map((project) => ({
    ...project,
    roots: [group(project)],
    testRegex: '\\.spec\\.js$',
    testPathIgnorePatterns: [],
  })),
};
