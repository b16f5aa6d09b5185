import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { entriesOf, entryOf } from './package-entry.js';

const NAME = '@acme/weather';

let folder: string;
let packageDir: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifold-entry-'));
  packageDir = join(folder, 'node_modules', NAME);
  await mkdir(packageDir, { recursive: true });
});

afterEach(() => rm(folder, { recursive: true }));

async function write(path: string, content = ''): Promise<string> {
  const file = join(packageDir, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}

const manifest = (content: unknown): Promise<string> => write('package.json', JSON.stringify(content));

describe('entryOf', () => {
  it.each([
    ['a single program', { bin: 'dist/cli.js' }],
    ['a single program with a name', { bin: { anything: './dist/cli.js' } }],
    ['the program that is called like the package', { bin: { admin: 'admin.js', weather: 'dist/cli.js' } }],
    ['the main module', { main: 'dist/cli.js' }],
    ['a main module without its suffix', { main: './dist/cli' }],
    ['the exported module', { main: 'old.js', exports: './dist/cli.js' }],
    ['the module that is exported for Node', { exports: { '.': { browser: './web.js', import: './dist/cli.js' } } }],
    ['nested conditions', { exports: { node: { types: './x.d.ts', default: './dist/cli.js' } } }],
  ])('finds %s', async (_, content) => {
    const file = await write('dist/cli.js');
    await manifest(content);
    await expect(entryOf(folder, NAME)).resolves.toBe(file);
  });

  it('finds index.js where nothing is said', async () => {
    const file = await write('index.js');
    await manifest({});
    await expect(entryOf(folder, NAME)).resolves.toBe(file);
  });

  it('finds the program that is asked for, and lists all of them', async () => {
    await manifest({ bin: { serve: 'serve.js', admin: 'admin.js' } });
    const file = await write('admin.js');
    await expect(entryOf(folder, NAME, 'admin')).resolves.toBe(file);
    await expect(entriesOf(folder, NAME)).resolves.toEqual([
      { name: 'serve', path: 'serve.js' },
      { name: 'admin', path: 'admin.js' },
    ]);
  });

  it.each([
    [undefined, `${NAME} has several programs: choose one of "serve", "admin"`],
    ['weather', `${NAME} has no such program: choose one of "serve", "admin"`],
  ])('says what there is to choose from when %s is asked for', async (wanted, message) => {
    await manifest({ bin: { serve: 'serve.js', admin: 'admin.js', 'not\na name': 'x.js' } });
    await expect(entryOf(folder, NAME, wanted)).rejects.toMatchObject({ code: 'no_entry', message });
  });

  it.each([
    ['a file that is not there', { bin: 'missing.js' }],
    ['a folder', { bin: 'lib' }],
    ['a path out of the package', { bin: '../../../outside.js' }],
    ['an absolute path', { bin: process.execPath }],
    ['a link out of the package', { bin: 'link.js' }],
    ['an exported path out of the package', { exports: '../../../outside.js' }],
    ['a main module out of the package', { main: '../../../outside' }],
    ['nothing to run', {}],
    ['types only', { exports: { types: './x.d.ts' }, main: 'x' }],
  ])('refuses %s', async (_, content) => {
    await write('lib/x.js');
    await writeFile(join(folder, 'outside.js'), '');
    await symlink(join(folder, 'outside.js'), join(packageDir, 'link.js'));
    await manifest(content);
    await expect(entryOf(folder, NAME)).rejects.toMatchObject({ name: 'InstallError', code: 'no_entry' });
  });

  it.each([
    ['no JSON', '{'],
    ['no object', 'null'],
    ['too large', `{"x":"${'x'.repeat(1024 * 1024)}"}`],
    ['nested without end', `{"exports":${'{"node":'.repeat(50_000)}1${'}'.repeat(50_001)}`],
  ])('refuses a package.json that is %s', async (_, content) => {
    await write('package.json', content);
    await expect(entryOf(folder, NAME)).rejects.toMatchObject({ name: 'InstallError', code: 'no_entry' });
  });

  it('refuses a package that is not there', async () => {
    await expect(entryOf(folder, 'missing')).rejects.toMatchObject({ code: 'no_entry' });
  });
});
