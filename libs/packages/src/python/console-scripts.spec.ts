import { execFileSync } from 'node:child_process';
import { wheel } from '../../../../test/simulators/python-index/index.js';
import { PythonFixture } from '../../testing/src/python-fixture.js';
import { PythonRuntime } from '../runtimes/python-runtime.js';
import { scriptsIn } from './console-scripts.js';

/** A module with a function that says which script was started, with what. */
const MODULE = "import os, sys\n\ndef main():\n    print(os.path.basename(sys.argv[0]), *sys.argv[1:], end='')\n";

const packageOf = (name: string, entryPoints: string, files: Readonly<Record<string, string>> = {}) =>
  wheel({
    name,
    version: '1.0.0',
    files: {
      [`${moduleOf(name)}/__init__.py`]: '',
      [`${moduleOf(name)}/server.py`]: MODULE,
      [`${moduleOf(name)}-1.0.0.dist-info/entry_points.txt`]: entryPoints,
      ...files,
    },
  });
const moduleOf = (name: string): string => name.replaceAll('-', '_');

it('entry points are read line by line, in time that grows with their length', () => {
  const text = `[console_scripts]\r\none = a.b:main\n # c = d:e\nno function = x\n two=a.b : main [extra]\n[other]\nthree = a:b\n`;
  expect(scriptsIn(text)).toEqual(['one', 'two']);
  expect(scriptsIn(`[console_scripts]\na${' '.repeat(500_000)}x\n[${'x'.repeat(500_000)}`)).toEqual([]);
});

/** Real environments that pip has made. */
describe('The program of a Python package', () => {
  let fixture: PythonFixture;
  let runtime: PythonRuntime;
  const folders = new Map<string, string>();

  beforeAll(async () => {
    fixture = await PythonFixture.open();
    runtime = new PythonRuntime(fixture.installer());
    fixture.index.add(
      packageOf(
        'acme-sql',
        '[console_scripts]\nother-name = acme_sql.server:main\nAcme.SQL=acme_sql.server:main [pg]\n',
      ),
      packageOf(
        'single',
        '# made by a tool\n[gui_scripts]\nwindow = x:y\n\n[console_scripts]\nrun-it = single.server:main\n',
      ),
      packageOf(
        'many',
        '[console_scripts]\none = many.server:main\ntwo = many.server:main\nnot a name = x:y\n../up = x:y\n',
      ),
      packageOf('modular', '[other]\nx = y:z\n', { 'modular/__main__.py': "print('module', end='')" }),
      packageOf('nothing', '[other]\nx = y:z\n'),
    );
    for (const name of ['acme-sql', 'single', 'many', 'modular', 'nothing']) {
      folders.set(name, (await fixture.install({ name, dependencies: name === 'many' ? ['single'] : [] })).folder);
    }
  });
  afterAll(() => fixture.close());

  const python = { dependencies: ['single>=1'] };
  const launched = async (name: string, command?: string): Promise<string> => {
    const wanted = { name, allowScripts: false, python: name === 'many' ? python : { dependencies: [] } };
    const launch = await runtime.launch(wanted, folders.get(name)!, command);
    expect(await runtime.runsPackage(wanted, folders.get(name)!)).toBe(true);
    return execFileSync(launch.command, [...launch.args, '--given'], { encoding: 'utf8' });
  };

  it.each([
    ['acme-sql', undefined, 'Acme.SQL --given'],
    ['acme-sql', 'other-name', 'other-name --given'],
    ['single', undefined, 'run-it --given'],
    ['many', 'two', 'two --given'],
    ['many', 'run-it', 'run-it --given'],
    ['modular', undefined, 'module'],
  ])('%s, asked for %s, is %s', async (name, command, said) => {
    expect(await launched(name, command)).toBe(said);
  });

  it.each([
    ['many', undefined, 'several console scripts: set "command" to one of "one", "two"'],
    ['single', 'window', 'no console script "window": set "command" to one of "run-it"'],
    ['nothing', undefined, 'nothing to run'],
    ['nothing', 'x', 'no console script "x"'],
    ['single', 'python', 'no console script "python"'],
  ])('is not guessed: %s, asked for %s', async (name, command, message) => {
    await expect(launched(name, command)).rejects.toMatchObject({
      code: 'no_entry',
      message: expect.stringContaining(message),
    });
  });
});
