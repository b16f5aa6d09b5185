import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const SCRIPTS = ['start', 'admin', 'smoke', 'run-program', 'build-stamp', 'node-version'].map(
  (name) => `scripts/${name}.mjs`,
);
const SETTINGS = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'nest-cli.json',
  'apps/gateway/tsconfig.app.json',
];
const PROGRAM = "import 'libsql';\nconsole.log('It runs');\n";
const BUNDLER = `
import { mkdirSync, writeFileSync } from 'node:fs';
export function bundle() {
  const folder = new URL('../dist/apps/gateway/src/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const name of ['main', 'admin', 'smoke']) writeFileSync(new URL(name + '.js', folder), ${JSON.stringify(PROGRAM)});
}
`;

/** As an old Node says it. */
const NODE_18 =
  'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"18.20.4"}})';

describe('the scripts that run the programs', () => {
  let folder: string;

  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };

  /** An installation with stand-ins for the compiler, the bundler and the packages. */
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'manifold-installation-'));
    for (const file of [...SCRIPTS, ...SETTINGS]) cpSync(file, join(folder, file));
    write('scripts/bundle.mjs', BUNDLER);
    write('libs/thing/src/index.ts', 'export {};\n');
    write('node_modules/@nestjs/cli/bin/nest.js', '');
    write('node_modules/libsql/index.js', '');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function run(script = 'start', ...nodeArgs: string[]) {
    const args = [...nodeArgs, join(folder, 'scripts', `${script}.mjs`)];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    return { status, stdout, lines: stderr.split('\n').filter((line) => line !== '') };
  }

  const RUNS = { status: 0, stdout: 'It runs\n' };

  it('build once', () => {
    expect(run()).toEqual({ ...RUNS, lines: [expect.stringMatching(/^Building Manifold/)] });
    expect(run()).toEqual({ ...RUNS, lines: [] });
    expect(run('admin')).toEqual({ ...RUNS, lines: [] });
  });

  it('build anew when the sources have changed, and say so', () => {
    run();
    appendFileSync(join(folder, 'libs/thing/src/index.ts'), '// more\n');
    expect(run()).toEqual({ ...RUNS, lines: [expect.stringMatching(/^The sources have changed: building/)] });
    expect(run()).toEqual({ ...RUNS, lines: [] });
  });

  it.each<[string, () => void]>([
    ['was edited', () => write('dist/apps/gateway/src/main.js', "console.log('edited by hand');\n")],
    ['lacks a file', () => rmSync(join(folder, 'dist/apps/gateway/src/smoke.js'))],
    ['has a file more', () => write('dist/apps/gateway/src/more.js', '')],
  ])('build anew when dist/ %s, and say so', (_what, change) => {
    run();
    change();
    expect(run()).toEqual({ ...RUNS, lines: [expect.stringMatching(/^dist\/ is not as it was built: building/)] });
  });

  it('take a copy of dist/ with other times for what it is', () => {
    run();
    utimesSync(join(folder, 'dist/apps/gateway/src/main.js'), 1, 1);
    expect(run()).toEqual({ ...RUNS, lines: [] });
  });

  it.each(['start', 'admin', 'smoke', 'build-stamp'])('say in one line that Node is too old: %s', (script) => {
    expect(run(script, '--import', NODE_18)).toEqual({
      status: 1,
      stdout: '',
      lines: [expect.stringMatching(/^Manifold needs Node 20\.20 or newer, this is Node 18\.20\.4: /)],
    });
  });

  it('say in one line that the packages were not installed', () => {
    rmSync(join(folder, 'node_modules'), { recursive: true });
    const { status, lines } = run();
    expect({ status, last: lines.at(-1) }).toEqual({
      status: 1,
      last: expect.stringMatching(/not all there.*npm ci$/),
    });
  });

  it('say in one line that a package of the bundler is missing, before they compile', () => {
    write('scripts/bundle.mjs', "import 'esbuild';\n");
    write('node_modules/@nestjs/cli/bin/nest.js', "console.error('compiled');\n");
    const { status, lines } = run();
    expect({ status, lines }).toEqual({
      status: 1,
      lines: [expect.stringMatching(/^Building Manifold/), expect.stringMatching(/not all there.*npm ci$/)],
    });
  });

  it.each<[string, () => void]>([
    ['is missing', () => rmSync(join(folder, 'node_modules/libsql'), { recursive: true })],
    ['is for another system', () => write('node_modules/libsql/index.js', "require('@libsql/linux-s390x-gnu');\n")],
    ['cannot be loaded', () => write('node_modules/libsql/index.js', "require('./native.node');\n")],
  ])('say in one line that the native module %s', (_what, change) => {
    run();
    change();
    write('node_modules/libsql/native.node', 'built for nothing');
    const { status, stdout, lines } = run();
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(lines).toEqual([expect.stringMatching(/^Manifold cannot run on this system \(.*libsql.*npm ci$/)]);
  });
});
