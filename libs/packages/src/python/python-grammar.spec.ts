import { PackageNotAllowedError } from '../model/package-grammar.js';
import { indexUrl, pipDependencies, pythonModule, pythonName, pythonVersion } from './python-grammar.js';

/** Values that no field may pass to pip or Python. */
const NEVER = [
  '',
  ' ',
  '.',
  '..',
  './x',
  '/srv/x',
  '@/x',
  ';id',
  'a;id',
  '$(id)',
  '`id`',
  'a b',
  'a\nb',
  'a\0b',
  '-r',
  '--index-url=http://127.0.0.1/',
  '-e.',
  'git+https://127.0.0.1/x.git',
  'http://127.0.0.1/x.whl',
  'file:///srv/x.whl',
  'x @ http://127.0.0.1/x.whl',
  'x@1.0',
  'x; python_version > "3"',
  'x --pre',
  'x>=1 --hash=sha256:00',
  'é',
  'a'.repeat(300),
];

const refuses = (field: string, parse: () => unknown) => {
  expect(parse).toThrow(PackageNotAllowedError);
  expect(parse).toThrow(expect.objectContaining({ field }));
};

describe('the name of a Python package', () => {
  it.each(['x', 'mcp', 'Demo_Server', 'zope.interface', 'a-b-1'])('may be %j', (name) => {
    expect(pythonName(name)).toBe(name);
  });

  it.each([...NEVER, '-x', 'x-', '.x', 'x==1', 'x[cli]', 'x.whl', 'x.zip', 'x.tar.gz', 'X.TGZ'])(
    'is never %j',
    (name) => {
      refuses('name', () => pythonName(name));
    },
  );
});

describe('the version of a Python package', () => {
  it.each([
    [undefined, ''],
    ['latest', ''],
    ['1', '==1'],
    ['1.2.3', '==1.2.3'],
    ['1!2.0rc1.post2.dev3+local.4', '==1!2.0rc1.post2.dev3+local.4'],
    ['2024.1.0-beta', '==2024.1.0-beta'],
    ['==1.2.*', '==1.2.*'],
    ['>=1,<2', '>=1,<2'],
    ['~= 1.4 , != 1.4.7', '~=1.4,!=1.4.7'],
  ])('may be %j', (text, specifier) => {
    expect(pythonVersion(text)).toBe(specifier);
  });

  it.each([...NEVER, '^1.2', '1.*', '>=1.*', '=1', '===1', '>=1,', ',>=1', '1,2', '>= 1 2', 'newest', '==http://x'])(
    'is never %j',
    (text) => {
      refuses('version', () => pythonVersion(text));
    },
  );

  it('is refused at once, however long it is', () => {
    refuses('version', () => pythonVersion(`>=1${',>=1'.repeat(100_000)}x`));
  });
});

describe('the module that is run', () => {
  it.each(['server', '_private', 'my_server.main', 'a1.b2.__main__'])('may be %j', (name) => {
    expect(pythonModule(name)).toBe(name);
  });

  it.each([...NEVER, '1a', 'a.', '.a', 'a..b', 'a-b', 'a.1', 'a/b', 'a.py:main'])('is never %j', (name) => {
    refuses('pythonModule', () => pythonModule(name));
  });
});

describe('further packages', () => {
  it('are names that extras and versions may follow', () => {
    const items = ['httpx', 'mcp[cli]', 'mcp [ cli , ws ] >= 1.2 , < 2', 'a.b~=1.0'];
    expect(pipDependencies(items)).toEqual(['httpx', 'mcp[cli]', 'mcp[cli,ws]>=1.2,<2', 'a.b~=1.0']);
  });

  it.each([...NEVER, 'x[', 'x[]', 'x[a', 'x[../a]', 'x 1.0', 'x.whl', 'x.zip>=1', 'x>=1.*'])('are never %j', (item) => {
    refuses('pipDependencies', () => pipDependencies(['fine', item]));
  });

  it('are at most 50', () => {
    refuses('pipDependencies', () => pipDependencies(Array.from({ length: 51 }, () => 'x')));
  });
});

describe('the address of an index', () => {
  it.each([
    ['https://pypi.example.com/simple', 'https://pypi.example.com/simple'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/'],
    ['https://user:p%40ss@example.com/simple/', 'https://user:p%40ss@example.com/simple/'],
  ])('may be %j', (text, url) => {
    expect(indexUrl(text, 'pipIndexUrl')).toBe(url);
  });

  it.each([
    ...NEVER.filter((text) => !text.startsWith('http:')),
    'ftp://example.com/simple',
    'https://',
    'https://example.com/simple https://example.org',
    'https://example.com/simple?token=x',
    'https://example.com/simple#x',
    `https://example.com/${'x'.repeat(2000)}`,
  ])('is never %j, and the error does not repeat it', (text) => {
    refuses('pipExtraIndexUrl', () => indexUrl(text, 'pipExtraIndexUrl'));
    const message = 'pipExtraIndexUrl must be an http or https URL without a query';
    expect(() => indexUrl(text, 'pipExtraIndexUrl')).toThrow(message);
  });
});
